//! What there is to see of a run: the last look at it, and what it told; plain data.

use crate::load::{News, Snapshot};
use crate::verdict::Attempt;

/// The most notes and warnings that are kept: each flow can leave out something.
const MOST_NOTES: usize = 50;

/// A run as it is shown.
#[derive(Clone, Debug, Default)]
pub struct Picture {
    /// The last look at it.
    pub snapshot: Snapshot,
    /// What it does, where that is not told by the clock.
    pub doing: Doing,
    /// The rates of a search that were tried.
    pub attempts: Vec<Attempt>,
    /// What a reader should know, in the order in which it was told.
    pub notes: Vec<String>,
    /// What went wrong on our side.
    pub warnings: Vec<String>,
}

/// What a run does beside what its clock says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Doing {
    /// Nothing yet, or what its clock says.
    #[default]
    Running,
    /// It makes what a flow needs.
    Preparing {
        /// The flow.
        flow: String,
        /// What is made.
        what: String,
        /// So many are there.
        made: usize,
        /// So many are needed.
        wanted: usize,
    },
    /// It waits for the last answers.
    Ending {
        /// Whether it was told to end.
        interrupted: bool,
    },
    /// It looks once more at what was issued.
    Looking,
}

impl Picture {
    /// Takes in a piece of news; says whether it changes the picture at once.
    pub fn hear(&mut self, news: &News<'_>) -> bool {
        match news {
            // A calibration is told in lines.
            News::Found(_) | News::Calibrating { .. } => {}
            // A look brings more than that.
            News::Running { .. } => return false,
            News::Preparing { flow, what, made, wanted } => {
                let (flow, what) = ((*flow).to_owned(), (*what).to_owned());
                self.doing = Doing::Preparing { flow, what, made: *made, wanted: *wanted };
            }
            News::LeftOut { .. } | News::NotLooked(_) => {
                if self.notes.len() < MOST_NOTES {
                    self.notes.push(news.to_string());
                }
            }
            News::Trouble(_) | News::NotPushed(_) => {
                let warning = news.to_string();
                // What goes wrong again and again is said once.
                if !self.warnings.contains(&warning) && self.warnings.len() < MOST_NOTES {
                    self.warnings.push(warning);
                }
            }
            News::Tried(attempt) => self.attempts.push((*attempt).clone()),
            News::Ending { interrupted } => self.doing = Doing::Ending { interrupted: *interrupted },
            News::Looking => self.doing = Doing::Looking,
        }
        true
    }

    /// The lines that are worth to be kept when the picture is gone, and that no report has.
    pub fn kept(&self) -> Vec<String> {
        let warnings = self.warnings.iter().map(|warning| format!("warning: {warning}"));
        self.notes.iter().cloned().chain(warnings).collect()
    }
}
