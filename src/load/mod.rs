//! Drives a provider with users running OAuth flows and measures how it bears it.
