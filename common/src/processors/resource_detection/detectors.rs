//! The detectors.

pub(super) mod azure;
pub(super) mod azurecontainerapps;
pub(super) mod by_document;
pub(super) mod by_key;
pub(super) mod consul;
pub(super) mod docker;
mod document;
pub(super) mod dynatrace;
pub(super) mod ec2;
pub(super) mod ecs;
pub(super) mod eks;
pub(super) mod elastic_beanstalk;
pub(super) mod env;
pub(super) mod gcp;
pub(super) mod heroku;
pub(super) mod ibmcloud;
mod imds;
pub(super) mod k8s_api;
pub(super) mod kubeadm;
mod kubernetes;
pub(super) mod lambda;
pub(super) mod nova;
pub(super) mod openshift;
pub(super) mod system;

use super::{
    attempt::{Attempt, Failure, Outcome},
    detected::Detected,
    settings::Listed,
};

/// A text as one part of a path.
fn escaped(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut escaped, byte| {
        match byte {
            b'-' | b'.' | b'_' | b'~' => escaped.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => escaped.push(char::from(byte)),
            _ => escaped.push_str(&format!("%{byte:02X}")),
        }
        escaped
    })
}
