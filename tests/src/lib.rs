//! Nothing here: the tests are in `tests/`, and what they read beside it.
