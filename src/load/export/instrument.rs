//! The register of what a run tells while it goes on: each instrument with its name, its unit, its attributes and what it counts.

/// What sort of figure it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A sum that only grows.
    Counter,
    /// A value of now.
    Gauge,
    /// A distribution of seconds, all of them so far.
    Histogram,
    /// A constant that is all attributes; over OTLP these are the resource's.
    Info,
}

/// Builds [`Instrument`] constants and the list of all, so that a row of this table is all that is to be written for one.
macro_rules! instruments {
    ($( $constant:ident: $kind:ident $name:literal, $unit:literal, [$($attribute:literal),*], $help:literal; )+) => {
        $( pub const $constant: &Instrument =
            &Instrument { name: $name, kind: Kind::$kind, unit: $unit, attributes: &[$($attribute),*], help: $help }; )+

        impl Instrument {
            /// Every one, in the order in which they are told.
            pub const ALL: &[&Self] = &[ $( $constant, )+ ];
        }
    };
}

/// One instrument.
#[derive(Debug, PartialEq, Eq)]
pub struct Instrument {
    /// The name that OpenTelemetry knows it by.
    pub name: &'static str,
    /// What sort it is.
    pub kind: Kind,
    /// The unit, as UCUM has it: `s`, `By`, or what is counted, in braces.
    pub unit: &'static str,
    /// The attributes of its points.
    pub attributes: &'static [&'static str],
    /// What it tells, in a sentence.
    pub help: &'static str,
}

impl Instrument {
    /// The name that Prometheus knows it by, as OpenTelemetry's rules make it of the other one.
    pub fn prometheus_name(&self) -> String {
        let suffix = match self.kind {
            Kind::Counter => "_total",
            Kind::Info => "_info",
            Kind::Gauge | Kind::Histogram => "",
        };
        format!("{}{}{suffix}", self.prometheus_stem(), self.prometheus_unit().map_or(String::new(), |unit| format!("_{unit}")))
    }

    /// That name without unit and suffix.
    pub fn prometheus_stem(&self) -> String {
        label(self.name)
    }

    /// The unit in Prometheus' words.
    pub fn prometheus_unit(&self) -> Option<&'static str> {
        match self.unit {
            "s" => Some("seconds"),
            "By" => Some("bytes"),
            _ => None,
        }
    }
}

/// An attribute's name as a label of Prometheus.
pub fn label(attribute: &str) -> String {
    attribute.replace('.', "_")
}

instruments! {
    BUILD: Info "flowproof.build", "", ["version"],
        "The version of flowproof.";
    RUN: Info "flowproof.load.run", "", ["plan", "shard", "provider"],
        "What is run: the plan, which part of it this generator runs, and who is loaded.";
    PHASE: Gauge "flowproof.load.phase", "{phase}", ["phase"],
        "1 for the phase that the run is in, 0 for the others: preparing, ramp, warm-up, hold, ending.";
    USERS: Gauge "flowproof.load.users", "{user}", [],
        "Users that began.";
    REQUESTS: Counter "flowproof.load.requests", "{request}", ["flow", "step", "measured"],
        "Requests of a step that were answered, or whose answer did not come in time; a walk through pages is one. Measured are those of the hold.";
    ERRORS: Counter "flowproof.load.errors", "{error}", ["flow", "step", "measured", "error.type"],
        "Requests of a step whose answer is wrong or did not come, by kind.";
    UNFINISHED: Counter "flowproof.load.unfinished", "{request}", ["flow", "step"],
        "Requests whose answer was not waited for because the run was cut short.";
    HTTP_REQUESTS: Counter "flowproof.load.http.requests", "{request}", [],
        "HTTP requests that were sent since the users began, whatever became of them.";
    RESPONSE: Histogram "flowproof.load.response.duration", "s", ["flow", "step"],
        "Answers of the hold, right or wrong, to the last octet: from the time at which the request was due where the plan has an arrival rate, else from the send.";
    SERVICE: Histogram "flowproof.load.service.duration", "s", ["flow", "step"],
        "Answers of the hold, right or wrong, from the send to the last octet, where the plan has an arrival rate.";
    ARRIVALS_DUE: Counter "flowproof.load.arrivals.due", "{arrival}", ["flow"],
        "Arrivals of the hold that are due by now, where the plan has an arrival rate.";
    ARRIVALS_MADE: Counter "flowproof.load.arrivals.made", "{arrival}", ["flow"],
        "Arrivals of the hold that a user took.";
    ARRIVALS_WITHDRAWN: Counter "flowproof.load.arrivals.withdrawn", "{arrival}", ["flow"],
        "Arrivals of the hold that a user took and that count as never made: it only got itself another token.";
    ARRIVALS_LATE: Counter "flowproof.load.arrivals.late", "{arrival}", ["flow", "cause"],
        "Arrivals of the hold that a user took late: for want of users, or by the generator's fault.";
    ARRIVALS_MISSING: Gauge "flowproof.load.arrivals.missing", "{arrival}", ["flow"],
        "Arrivals of the hold that are due and not made; when the run is over, those that were never made.";
    INVARIANT_CHECKS: Counter "flowproof.load.invariant.checks", "{check}", ["invariant", "level"],
        "How often it was looked at whether an invariant holds.";
    INVARIANT_VIOLATIONS: Counter "flowproof.load.invariant.violations", "{violation}", ["invariant", "level"],
        "How often an invariant did not hold; one that must hold fails the run.";
    REST_ASKED: Counter "flowproof.load.rest.asked", "{answer}", [],
        "Answers that asked for a rest: 429 and 503.";
    REST_TIME: Counter "flowproof.load.rest.time", "s", [],
        "For how long all users rest because an answer asked for it, told when the rest begins.";
    GENERATOR_CPU: Counter "flowproof.load.generator.cpu.time", "s", [],
        "CPU time of the generator's process, user and system.";
    GENERATOR_MEMORY: Gauge "flowproof.load.generator.memory.usage", "By", [],
        "Memory of the generator's process that is resident now, where the system tells.";
    GENERATOR_THREADS: Gauge "flowproof.load.generator.threads", "{thread}", [],
        "Threads that run users.";
    GENERATOR_LAG: Histogram "flowproof.load.generator.lag", "s", [],
        "By how much a task of the generator that was due began late, a hundred times a second of the hold.";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_made_by_the_rules_of_opentelemetry() {
        let names = [REQUESTS, RESPONSE, GENERATOR_CPU, GENERATOR_MEMORY, USERS, BUILD].map(Instrument::prometheus_name);
        assert_eq!(
            names,
            [
                "flowproof_load_requests_total",
                "flowproof_load_response_duration_seconds",
                "flowproof_load_generator_cpu_time_seconds_total",
                "flowproof_load_generator_memory_usage_bytes",
                "flowproof_load_users",
                "flowproof_build_info",
            ]
        );
    }

    #[test]
    fn every_name_is_there_once_and_begins_another_one_nowhere() {
        let names: BTreeSet<&str> = Instrument::ALL.iter().map(|one| one.name).collect();
        assert_eq!(names.len(), Instrument::ALL.len());
        for name in &names {
            assert!(!names.iter().any(|other| other.starts_with(&format!("{name}."))), "{name} is a namespace too");
        }
    }

    #[test]
    fn what_it_tells_is_a_sentence_that_no_format_has_to_escape() {
        for one in Instrument::ALL {
            assert!(one.help.ends_with('.') && !one.help.contains(['"', '\\', '\n']), "{}", one.name);
        }
    }
}
