"""Hamilton's programs: modules of functions, as its documentation has them. It reads annotations as types, so none of
these may postpone their evaluation."""
