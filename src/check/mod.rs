//! Runs the Gherkin features against a provider and says what was found.
//!
//! The features under `features/` are the only register of checks. [`Catalog`] reads them and binds each step to one phrase of
//! the vocabulary; [`run()`] plays the chosen checks side by side and collects a finding for each.
//!
//! To add a check:
//!
//! 1. Write the scenario in `features/<topic>.feature`, under the Rule that says the requirement. The Rule carries the level
//!    (`@must`), the sections (`@RFC7636-4.6`) and the requirement (`@req:…`), the scenario its `@id:…`, the defects that it
//!    `@catches:…`, and why it is there. A row of an outline is a check too: its `case` ends the id.
//! 2. Look for its sentences in the `PHRASES` of `steps/`, and for what it does to a request in `alteration/`. Add to them only
//!    what is missing; a new file is entered in `steps/mod.rs` or `alteration/mod.rs`. Only a judge's complaint is a violation,
//!    and a refusal is worth nothing without a control.
//! 3. Give the reference server the bug, under `server/defect/`, and let the check catch it: `flowproof prove --defect NAME`
//!    shows that this check goes red and no other; `flowproof check` shows that it passes without the bug.

mod alteration;
mod applicability;
mod catalog;
pub mod chance;
mod cleanup;
mod collector;
mod flow;
mod grace;
mod halt;
mod health;
mod hush;
mod judge;
mod order;
mod phrase;
mod playing;
mod realm;
mod role;
pub mod run;
mod scene;
mod selection;
mod stage;
mod steps;
mod tags;
#[cfg(test)]
mod tests;
mod turns;
mod user;
mod waiting;

pub use applicability::obstacles;
pub use catalog::{Catalog, CatalogError, Check};
pub use run::{Options, run};
pub use selection::Selection;
