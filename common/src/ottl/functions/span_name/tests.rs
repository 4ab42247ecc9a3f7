use super::{SPAN_FUNCTIONS, version_of};
use crate::{
    otlp::overlay::{Place, Verdict, Visitor, rewrite},
    ottl::{Context, Cursor, Functions, statement::Statement},
    pipeline::RequestContext,
    signal::Signal,
    testing::otlp_text,
};

struct AtSpans(Statement);

impl Visitor for AtSpans {
    fn item(&mut self, place: &mut Place<'_>) -> Verdict {
        let request = RequestContext::default();
        let mut cursor = Cursor { place, inner: None, cache: &mut Vec::new(), request: &request };
        self.0.run(&mut cursor).unwrap();
        Verdict::Keep
    }
}

fn statement(text: &str) -> Result<Statement, String> {
    let functions = Functions::all().with(SPAN_FUNCTIONS);
    Statement::new(text, Context::Span, &functions, false).map_err(|error| error.message)
}

fn check(statement: &str, before: &str, after: &str) {
    let text = |span: &str| format!("resource service.name=shop\nscope lib\n{span}");
    let request = otlp_text::encode(Signal::Traces, &text(before)).unwrap();
    let mut visitor = AtSpans(self::statement(statement).unwrap());
    let result = rewrite(Signal::Traces, &[request], &mut visitor);
    let expected = otlp_text::encode(Signal::Traces, &text(after)).unwrap();
    let expected = otlp_text::text(Signal::Traces, &[expected]).unwrap();
    assert_eq!(otlp_text::text(Signal::Traces, &result.chunks).unwrap(), expected);
}

#[test]
fn versions_have_bounds() {
    assert_eq!(version_of("1.37"), Some([1, 37, 0]));
    assert_eq!(version_of("v1.40.1"), Some([1, 40, 1]));
    for wrong in ["", "1.2.3.4", "one", "1..2", "v"] {
        let message = statement(&format!("set_semconv_span_name({wrong:?})")).err();
        assert_eq!(message.as_deref(), Some("semconv_version must be between 1.37.0 and 1.43.0"));
    }
    assert!(statement("set_semconv_span_name(\"1.36.0\")").is_err());
    assert!(statement("set_semconv_span_name(\"1.43.1\")").is_err());
    assert!(statement("set_semconv_span_name(\"1.37.0\", \"\")").is_err());
    assert!(statement("set_semconv_span_name(\"1.43.0\", \"name.before\")").is_ok());
}

#[test]
fn spans_are_named_by_their_kind_and_attributes() {
    let cases = [
        ("@kind=2 http.request.method=GET http.route=/a", "\"GET /a\""),
        ("@kind=2 http.method=GET url.template=/a", "GET"),
        ("@kind=3 http.request.method=GET url.template=/a/{id}", "\"GET /a/{id}\""),
        ("@kind=1 http.request.method=GET", "before"),
        ("@kind=2 rpc.system=grpc rpc.service=shop rpc.method=Buy", "shop/Buy"),
        ("@kind=3 rpc.system=grpc rpc.grpc.service=shop", "shop/*"),
        ("@kind=3 rpc.system=grpc rpc.method=Buy", "Buy"),
        ("@kind=3 rpc.system.name=grpc", "grpc"),
        ("@kind=3 db.system=mysql", "mysql"),
        ("@kind=2 db.system=mysql", "before"),
        ("@kind=3 db.system=mysql db.query.summary=sum db.operation=SELECT", "sum"),
        ("@kind=3 db.system=mysql db.operation=SELECT db.name=shop", "\"SELECT shop\""),
        ("@kind=3 db.system=m db.operation=S db.name=n db.collection.name=c", "\"S n.c\""),
        ("@kind=3 db.system=mysql db.stored_procedure.name=p", "p"),
        ("@kind=3 db.system=m server.address=h server.port=1", "h:1"),
        ("@kind=4 messaging.system=kafka messaging.operation=send", "send"),
        ("@kind=5 messaging.system=kafka", "kafka"),
        (
            "@kind=5 messaging.system=k messaging.operation.name=o messaging.destination.name=q",
            "\"o q\"",
        ),
        ("@kind=5 messaging.system=k messaging.destination.temporary=true", "\"(temporary)\""),
        ("@kind=5 messaging.system=k messaging.destination.anonymous=true", "\"(anonymous)\""),
        ("@kind=5 messaging.system=k messaging.destination.temporary=yes server.address=h", "h"),
        ("@kind=3 http.request.method=\"\" db.system=mysql", "mysql"),
        ("", "before"),
    ];
    for (rest, name) in cases {
        let (before, after) = (format!("span before {rest}"), format!("span {name} {rest}"));
        check("set_semconv_span_name(\"1.37.0\")", &before, &after);
    }
}

#[test]
fn the_name_before_is_kept_where_it_was_another() {
    let statement = "set_semconv_span_name(\"1.40.0\", \"name.before\")";
    let http = "@kind=2 http.request.method=GET";
    check(statement, &format!("span x {http}"), &format!("span GET {http} name.before=x"));
    check(statement, &format!("span GET {http}"), &format!("span GET {http}"));
}
