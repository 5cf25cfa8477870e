//! The report of a load run, one file a format.

mod files;
pub mod hlog;
mod json;
mod series;
mod text;

pub use files::{FILES, store};
pub use json::{ReadError, read, render as json};
pub use text::render;
