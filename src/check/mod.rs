//! Runs the Gherkin features against a provider and says what was found.
