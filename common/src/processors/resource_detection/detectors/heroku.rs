//! `heroku`: what the dyno's environment says, if dyno metadata is enabled.

use super::{Attempt, Detected, Listed, Outcome};

pub(in super::super) const ATTRIBUTES: &[Listed] = &[
    ("cloud.provider", true),
    ("heroku.app.id", true),
    ("heroku.dyno.id", false),
    ("heroku.release.commit", true),
    ("heroku.release.creation_timestamp", true),
    ("service.instance.id", true),
    ("service.name", true),
    ("service.version", true),
];

pub(in super::super) fn detect(attempt: &Attempt<'_>) -> Outcome {
    let dyno = attempt.variable("HEROKU_DYNO_ID");
    let app = attempt.variable("HEROKU_APP_ID");
    if attempt.is_required && dyno.is_none() && app.is_none() {
        let why = "this is no dyno with metadata: HEROKU_DYNO_ID and HEROKU_APP_ID are not set";
        return attempt.missing(why);
    }
    let mut found = Detected::conventional();
    if app.is_some() {
        found.put("cloud.provider", "heroku");
    }
    for name in ["heroku.dyno.id", "service.instance.id"] {
        found.put_some(name, dyno.as_deref());
    }
    found.put_some("heroku.app.id", app);
    let variables = [
        ("service.name", "HEROKU_APP_NAME"),
        ("heroku.release.creation_timestamp", "HEROKU_RELEASE_CREATED_AT"),
        ("service.version", "HEROKU_RELEASE_VERSION"),
        ("heroku.release.commit", "HEROKU_SLUG_COMMIT"),
    ];
    for (attribute, variable) in variables {
        found.put_some(attribute, attempt.variable(variable));
    }
    Ok(found)
}
