//! Runs cases against a receiver, one after the other, and notices when it ends.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use webhook_runtime::{
    Provider, Secret,
    testing::conformance::{CASES, Case, Failure, Target, Verdict},
};

use super::{
    effects::EffectsPage,
    report::{CaseReport, FAILED, NOT_APPLICABLE, PASSED, Report},
    sample::Samples,
    silence::Silence,
    wire::Wire,
};
use crate::{error::CliError, interrupt::Interrupt, progress};

/// The time in which something that watches over a receiver starts it again.
const RESTART: Duration = Duration::from_secs(10);

/// The pause between two attempts to reach it.
const PAUSE: Duration = Duration::from_millis(250);

/// The reason for which a case has no verdict whose late effects nobody waited for.
const INTERRUPTED: &str = "not judged: the run was interrupted";

/// The receiver to test, the cases and their options.
pub(crate) struct Plan {
    pub(crate) url: String,
    /// The URL that is signed, if it is another one.
    pub(crate) public_url: Option<String>,
    pub(crate) provider: &'static Provider,
    /// The first one signs. The others are live beside it.
    pub(crate) secrets: Vec<Secret>,
    pub(crate) verify_token: Option<Secret>,
    pub(crate) event: Option<String>,
    pub(crate) data: Option<Vec<u8>>,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) cases: Vec<&'static Case>,
    pub(crate) effects: Option<String>,
    pub(crate) effects_wait: Duration,
    pub(crate) deduplicates: bool,
    pub(crate) timeout: Duration,
    pub(crate) tolerance: Option<Duration>,
    pub(crate) max_body: Option<usize>,
    pub(crate) is_strict: bool,
}

/// A target, and a way to see if it is still there.
struct Receiver {
    target: Target,
    wire: Wire,
    /// Handled deliveries are counted.
    is_counted: bool,
}

/// The progress of a run.
#[derive(Default)]
struct Progress {
    silence: Silence,
    /// The user has interrupted it.
    interrupted: bool,
    /// Cases whose requests may still be handled, and their verdicts if they are not.
    held: Vec<(&'static Case, CaseReport)>,
}

/// The end of a case.
enum Ran {
    Judged(CaseReport),
    /// It has to be run again without haste.
    Unassigned,
    /// The user has interrupted it.
    Interrupted,
}

/// Runs a plan. `shown` is called after each case.
pub(crate) fn run(
    plan: Plan,
    interrupt: &Interrupt,
    mut shown: impl FnMut(&CaseReport) -> Result<(), CliError>,
) -> Result<Report, CliError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(CliError::environment)?;
    let (url, provider, cases) = (plan.url.clone(), plan.provider.name(), plan.cases.clone());
    let receiver = plan.receiver()?;
    let begun = Instant::now();
    let mut report = Report::new(&url, provider);
    runtime.block_on(async {
        if let Err(no_answer) = receiver.wire.connects().await {
            return Err(CliError::environment(format_args!(
                "nothing answers at {url}: {no_answer}"
            )));
        }
        receiver.learn(&cases, interrupt).await;
        let bar = progress::bar(cases.len(), "test");
        let mut show = |report: &mut Report, judged: Vec<CaseReport>| {
            for case in judged {
                bar.suspend(|| shown(&case))?;
                report.push(case);
            }
            Ok::<_, CliError>(())
        };
        let mut progress = Progress::default();
        receiver.target.settle_later(true);
        for case in cases {
            bar.set_message(case.name());
            let judged = match progress.silence.end() {
                Some(end) => vec![not_judged(case, end)],
                None => receiver.step(case, interrupt, &mut progress).await,
            };
            show(&mut report, judged)?;
            if progress.interrupted {
                break;
            }
            bar.inc(1);
        }
        let judged = receiver.finish(interrupt, &mut progress).await;
        show(&mut report, judged)?;
        report.interrupted = progress.interrupted;
        bar.finish_and_clear();
        Ok(())
    })?;
    report.millis = begun.elapsed().as_millis();
    Ok(report)
}

/// The report of a case without a verdict, for this reason.
fn not_judged(case: &Case, why: &str) -> CaseReport {
    CaseReport { name: case.name(), outcome: NOT_APPLICABLE, said: why.to_owned(), millis: 0 }
}

impl Plan {
    fn receiver(self) -> Result<Receiver, CliError> {
        let usage = |url: &str| {
            let url = url.to_owned();
            move |why: String| CliError::usage(format_args!("{url}: {why}"))
        };
        let uri: axum::http::Uri = self
            .url
            .parse()
            .map_err(|error| CliError::usage(format_args!("{}: {error}", self.url)))?;
        let public = self.public_url.clone().unwrap_or_else(|| self.url.clone());
        let signed: axum::http::Uri =
            public.parse().map_err(|error| CliError::usage(format_args!("{public}: {error}")))?;
        let wire = Wire::new(&uri, signed.path()).map_err(usage(&self.url))?;
        let mut secrets = self.secrets.into_iter();
        let secret = secrets.next().unwrap_or_else(|| Secret::new(""));
        let mut target = Target::remote(wire.clone(), self.provider, secret, &public)
            .map_err(|failure| usage(&public)(failure.to_string()))?
            .response_timeout(self.timeout)
            .handling_timeout(self.effects_wait);
        for older in secrets {
            target = target.older_secret(older);
        }
        if let Some(token) = self.verify_token {
            target = target.verify_token(token);
        }
        if let Some(window) = self.tolerance {
            target = target.tolerance(window);
        }
        if let Some(bytes) = self.max_body {
            target = target.max_body(bytes);
        }
        if self.is_strict {
            target = target.strict();
        }
        if let Some(url) = &self.effects {
            let page = EffectsPage::open(url)?;
            target = target.handled_count(move || page.count());
            if self.deduplicates {
                target = target.deduplicates();
            }
        }
        let samples = Samples::new(self.provider, self.event, self.data, self.headers);
        samples.build().map_err(CliError::usage)?;
        let samples = Arc::new(samples);
        let target = target.sample(move |delivery| samples.fill(delivery));
        Ok(Receiver { target, wire, is_counted: self.effects.is_some() })
    }
}

impl Receiver {
    /// Sees how late the receiver handles a delivery, if the first case does not show it.
    async fn learn(&self, cases: &[&'static Case], interrupt: &Interrupt) {
        if let (true, Some(genuine)) = (self.is_counted, CASES.first())
            && cases.first().is_some_and(|first| first.name() != genuine.name())
        {
            tokio::select! {
                _ = genuine.run(&self.target) => {}
                () = interrupt.pressed() => {}
            }
        }
    }

    /// Runs a case, and returns the verdicts that are certain now.
    async fn step(
        &self,
        case: &'static Case,
        interrupt: &Interrupt,
        progress: &mut Progress,
    ) -> Vec<CaseReport> {
        let suspects = match self.run(case, interrupt, &mut progress.silence).await {
            Ran::Interrupted => {
                progress.interrupted = true;
                return Vec::new();
            }
            Ran::Judged(verdict) => {
                progress.held.push((case, verdict));
                if self.target.is_settled() || progress.silence.end().is_some() {
                    return progress.held.drain(..).map(|(_, verdict)| verdict).collect();
                }
                return Vec::new();
            }
            Ran::Unassigned => {
                progress.held.drain(..).map(|(case, _)| case).chain([case]).collect()
            }
        };
        self.run_alone(suspects, interrupt, progress).await
    }

    /// Runs cases again, each with all the time that late effects need: that shows which one it was.
    /// From then on, every case waits.
    async fn run_alone(
        &self,
        suspects: Vec<&'static Case>,
        interrupt: &Interrupt,
        progress: &mut Progress,
    ) -> Vec<CaseReport> {
        self.target.settle_later(false);
        let mut judged = Vec::new();
        for suspect in suspects {
            if progress.interrupted {
                judged.push(not_judged(suspect, INTERRUPTED));
                continue;
            }
            judged.push(match self.run(suspect, interrupt, &mut progress.silence).await {
                Ran::Judged(verdict) => verdict,
                Ran::Unassigned => {
                    let said = "something was handled late that belongs to no accepted delivery";
                    CaseReport { outcome: FAILED, ..not_judged(suspect, said) }
                }
                Ran::Interrupted => {
                    progress.interrupted = true;
                    not_judged(suspect, INTERRUPTED)
                }
            });
        }
        judged
    }

    /// Waits for what is late, and returns the rest of the verdicts.
    async fn finish(&self, interrupt: &Interrupt, progress: &mut Progress) -> Vec<CaseReport> {
        let held: Vec<_> = progress.held.drain(..).collect();
        if progress.interrupted || held.is_empty() {
            return held.iter().map(|(case, _)| not_judged(case, INTERRUPTED)).collect();
        }
        if self.target.settle_all().await.is_ok() {
            return held.into_iter().map(|(_, verdict)| verdict).collect();
        }
        progress.interrupted = interrupt.is_set();
        let suspects = held.into_iter().map(|(case, _)| case).collect();
        self.run_alone(suspects, interrupt, progress).await
    }

    /// Runs a case, and notes whether the receiver answers.
    async fn run(&self, case: &'static Case, interrupt: &Interrupt, silence: &mut Silence) -> Ran {
        let begun = Instant::now();
        let verdict = tokio::select! {
            verdict = case.run(&self.target) => verdict,
            () = interrupt.pressed() => return Ran::Interrupted,
        };
        if verdict.as_ref().is_err_and(Failure::is_unassigned) {
            return Ran::Unassigned;
        }
        let mut said = match &verdict {
            Ok(Verdict::Passed) => String::new(),
            Ok(Verdict::NotApplicable(reason)) => (*reason).to_owned(),
            Err(failure) => failure.to_string(),
        };
        let mut outcome = match &verdict {
            Ok(Verdict::Passed) => PASSED,
            Ok(Verdict::NotApplicable(_)) => NOT_APPLICABLE,
            Err(_) => FAILED,
        };
        let is_silent = verdict.as_ref().is_err_and(|failure| failure.no_answer().is_some());
        let is_gone = self.wire.connects().await.is_err();
        if is_silent || is_gone {
            let what = tokio::select! {
                is_back = self.is_back() => match (is_back, is_gone) {
                    (true, true) => "the receiver ended, and was started again",
                    (true, false) => "",
                    (false, _) => {
                        silence.gone_since(case.name());
                        "the receiver does not answer any more"
                    }
                },
                () = interrupt.pressed() => return Ran::Interrupted,
            };
            if what.is_empty() {
                silence.unanswered(case.name());
            } else {
                outcome = FAILED;
                let mark = if said.is_empty() { "" } else { "\n" };
                said = format!("{what}{mark}{said}");
            }
        } else if outcome != NOT_APPLICABLE {
            silence.answered();
        }
        let millis = begun.elapsed().as_millis();
        Ran::Judged(CaseReport { name: case.name(), outcome, said, millis })
    }

    /// Waits until the receiver answers a genuine delivery, whatever the answer is.
    async fn is_back(&self) -> bool {
        let begun = Instant::now();
        let Some(genuine) = CASES.first() else { return false };
        loop {
            if self.wire.connects().await.is_ok() {
                let verdict = genuine.run(&self.target).await;
                if verdict.as_ref().err().and_then(Failure::no_answer).is_none() {
                    return true;
                }
            }
            if begun.elapsed() > RESTART {
                return false;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}
