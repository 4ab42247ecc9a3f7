mod connections;
mod files;
mod handshakes;
pub(crate) mod pki;
mod rotation;
mod validation;
