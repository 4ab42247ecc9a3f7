//! Any text as a duration or an endpoint: what is accepted is written in a form that means the same.

use common::{
    net::client::target::{Place, Target},
    settings::Duration,
};

/// One input.
pub fn run(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match text.parse::<Duration>() {
        Ok(duration) => {
            let written = duration.to_string();
            assert_eq!(written.parse(), Ok(duration), "{written}");
            assert_eq!(duration.get().is_zero(), duration.as_nanos() <= 0);
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    if let Ok(target) = Target::parse(text) {
        assert!(!target.authority.is_empty() && !target.host().is_empty());
        match &target.place {
            Place::Resolve { host, port } | Place::Passthrough { host, port } => {
                assert_ne!(*port, 0);
                // What stands in brackets is told apart from the port by them.
                let written = format!("[{host}]:{port}");
                if !host.contains([']', '[', '/']) {
                    let again = Target::parse(&written).expect("our own endpoint");
                    assert_eq!((again.host(), again.port()), (host.as_str(), Some(*port)));
                }
            }
            Place::Unix(path) => assert!(!path.as_os_str().is_empty()),
        }
    }
}
