//! Every integration test in one binary, one module per topic, because linking is what costs.

mod admin;
mod catalog;
mod command;
mod discovery;
mod doctor;
mod hostile;
mod house;
mod in_ci;
mod init;
mod known_issues;
mod load;
mod login_drivers;
mod login_form;
mod login_recipe;
mod needs;
mod oracles;
mod proof;
mod provider_faults;
mod provider_file;
mod readme;
mod reference_server;
mod replay;
mod reports;
mod serve;
mod tls;
mod try_it;
