//! The only place that sends for check, login and provider: HTTP client, bounds, recording.
