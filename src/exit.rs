//! The documented exit codes, in the order in which the first that holds is used.
