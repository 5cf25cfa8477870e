//! One file for each grant of the token endpoint.
