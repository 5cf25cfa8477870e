//! Pages as real servers make them, read and answered.
