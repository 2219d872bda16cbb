import sys

import xcs

sys.modules["openai"] = None
try:
    xcs.bind("openai:some-model", base_url="http://localhost:1", api_key="none")("hello")
finally:
    del sys.modules["openai"]
