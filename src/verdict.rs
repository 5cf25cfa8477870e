//! What a run found: plain data that every report renders and JSON alone is read back from.
