//! `security_advisory`.

use serde::Deserialize;

/// A security advisory.
#[derive(Deserialize)]
#[expect(dead_code, reason = "decoding is what is measured")]
pub struct Advisory<T> {
    action: T,
    security_advisory: SecurityAdvisory<T>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "decoding is what is measured")]
struct SecurityAdvisory<T> {
    ghsa_id: T,
    summary: T,
    description: T,
    severity: T,
    identifiers: Vec<Identifier<T>>,
    references: Vec<Reference<T>>,
    published_at: T,
    updated_at: T,
    withdrawn_at: Option<T>,
    vulnerabilities: Vec<Vulnerability<T>>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "decoding is what is measured")]
struct Identifier<T> {
    value: T,
    #[serde(rename = "type")]
    kind: T,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "decoding is what is measured")]
struct Reference<T> {
    url: T,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "decoding is what is measured")]
struct Vulnerability<T> {
    package: Package<T>,
    severity: T,
    vulnerable_version_range: T,
    first_patched_version: Option<Version<T>>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "decoding is what is measured")]
struct Package<T> {
    ecosystem: T,
    name: T,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "decoding is what is measured")]
struct Version<T> {
    identifier: T,
}
