//! Renders a run; one format, one file.
