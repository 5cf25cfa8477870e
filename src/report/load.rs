//! The report of a load run, one file a format.

pub mod calibration;
mod files;
pub mod hlog;
mod html;
mod json;
mod series;
mod text;
mod words;

pub use files::{FILES, store};
pub use json::{ReadError, read, render as json};
pub use text::render;
