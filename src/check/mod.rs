//! Runs the Gherkin features against a provider and says what was found.
//!
//! The features under `features/` are the only register of checks. [`Catalog`] reads them and binds each step to one
//! [`Phrase`] of the vocabulary; [`run()`] plays the chosen checks side by side and collects a finding for each.
//!
//! To add a check: write the scenario, add a line to a defect table of the reference server, and bend one decision there. A new
//! phrase goes into [`steps`] only when the sentence is missing.

pub mod alteration;
pub mod applicability;
pub mod catalog;
mod chance;
pub mod collector;
pub mod flow;
pub mod halt;
pub mod judge;
pub mod phrase;
mod realm;
pub mod role;
pub mod run;
pub mod scene;
pub mod selection;
pub mod steps;
pub mod tags;
#[cfg(test)]
mod tests;
mod waiting;

pub use catalog::{Catalog, CatalogError, Check};
pub use phrase::Phrase;
pub use run::{Options, run};
pub use selection::Selection;
