//! The layer round the core where defects of the request as read and of the answer as sent take hold.
