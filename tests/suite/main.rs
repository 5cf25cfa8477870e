//! Every integration test in one binary, one module per topic, because linking is what costs.

mod hostile;
mod house;
mod login_form;
mod provider_file;
mod reports;
mod serve;
