//! Every integration test in one binary, one module per topic, because linking is what costs.

mod reports;
mod serve;
