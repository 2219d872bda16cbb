import sys

import xcs

kept = sys.modules.get("openai")
sys.modules["openai"] = None
try:
    xcs.bind("openai:some-model", base_url="http://localhost:1", api_key="none")("hello")
finally:
    del sys.modules["openai"]
    if kept is not None:
        sys.modules["openai"] = kept
