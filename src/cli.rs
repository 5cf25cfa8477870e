//! The command line: clap types, and one short arm per door.
