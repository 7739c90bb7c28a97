//! The report of a run.

use std::time::Duration;

use serde::Serialize;

use super::junit;
use crate::{
    error::{CliError, Outcome},
    output::{self, Form},
};

/// A run.
#[derive(Serialize)]
pub(crate) struct Report {
    pub(crate) url: String,
    pub(crate) provider: &'static str,
    pub(crate) cases: Vec<CaseReport>,
    pub(crate) passed: usize,
    pub(crate) failed: usize,
    pub(crate) not_applicable: usize,
    /// The user ended the run before its end.
    pub(crate) interrupted: bool,
    pub(crate) millis: u128,
}

/// The verdict about one case.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct CaseReport {
    pub(crate) name: &'static str,
    pub(crate) outcome: &'static str,
    /// The reason for which it failed, or does not apply.
    pub(crate) said: String,
    pub(crate) millis: u128,
}

pub(crate) const PASSED: &str = "passed";
pub(crate) const FAILED: &str = "failed";
pub(crate) const NOT_APPLICABLE: &str = "not applicable";

impl Report {
    pub(crate) fn new(url: &str, provider: &'static str) -> Self {
        Self {
            url: url.to_owned(),
            provider,
            cases: Vec::new(),
            passed: 0,
            failed: 0,
            not_applicable: 0,
            interrupted: false,
            millis: 0,
        }
    }

    /// True if the receiver takes nothing at all, which is hardly a flaw of it.
    pub(crate) fn refused_genuine(&self) -> bool {
        let genuine = "genuine_delivery_is_accepted";
        self.cases.iter().any(|case| case.name == genuine && case.outcome == FAILED)
    }

    pub(crate) fn push(&mut self, case: CaseReport) {
        match case.outcome {
            PASSED => self.passed += 1,
            FAILED => self.failed += 1,
            _ => self.not_applicable += 1,
        }
        self.cases.push(case);
    }
}

impl CaseReport {
    /// Writes the verdict for people.
    pub(crate) fn print(&self) -> Result<(), CliError> {
        let mut said = self.said.lines();
        match self.outcome {
            PASSED => output::line(&format!("passed          {}", self.name)),
            NOT_APPLICABLE => output::line(&format!(
                "not applicable  {}: {}",
                self.name,
                output::shown(&self.said)
            )),
            _ => {
                output::line(&format!("FAILED          {}", self.name))?;
                if let Some(first) = said.next() {
                    output::line(&format!("    {}", output::shown(first)))?;
                }
                said.try_for_each(|line| output::line(&format!("    {}", output::shown(line))))
            }
        }
    }
}

/// Writes the end of a report, and returns the outcome of the command.
pub(crate) fn ended(report: &Report, form: Form) -> Result<Outcome, CliError> {
    match form {
        Form::Json => output::json(report)?,
        Form::Junit => output::write(junit::document(report).as_bytes())?,
        Form::Human => {
            let (passed, failed, not) = (report.passed, report.failed, report.not_applicable);
            let took = Duration::from_millis(u64::try_from(report.millis).unwrap_or(u64::MAX));
            output::line(&format!(
                "\n{passed} passed, {failed} failed, {not} not applicable, in {:.1} s",
                took.as_secs_f64()
            ))?;
        }
    }
    Ok(match report {
        Report { interrupted: true, .. } => Outcome::Interrupted,
        Report { failed: 0, .. } => Outcome::Done,
        _ => Outcome::Refused,
    })
}
