//! What an OAuth client says and hears: pure data, no I/O, no async.
