//! When users send: the course of a run in time, and the arrivals that a plan with an arrival rate makes due.
//!
//! ```text
//! plan -> Timetable (levels over time) -> Course (the clock; what is past never changes)
//!                                         Course -> Pacer (a thread) -> Lane (one a flow) -> Slot (one an arrival)
//! ```

mod course;
mod lane;
mod shard;
mod timetable;

pub use course::Course;
pub use lane::{Lane, Lateness, Pacer, Slot};
pub use shard::Shard;
pub use timetable::{Stretch, Timetable};
