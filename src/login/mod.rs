//! Makes a user approve or deny, and returns what was seen; judges nothing.
