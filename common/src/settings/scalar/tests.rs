use super::*;

#[test]
fn bare_words_have_the_types_that_upstream_gives_them() {
    for (text, expected) in [
        ("true", Scalar::Bool(true)),
        ("FALSE", Scalar::Bool(false)),
        ("yes", Scalar::String("yes")),
        ("on", Scalar::String("on")),
        ("0123", Scalar::Int(83)),
        ("0o17", Scalar::Int(15)),
        ("0xff", Scalar::Int(255)),
        ("0b101", Scalar::Int(5)),
        ("-12", Scalar::Int(-12)),
        ("+12", Scalar::Int(12)),
        ("1_000", Scalar::Int(1000)),
        ("18446744073709551615", Scalar::Int(u64::MAX.into())),
        ("18446744073709551616", Scalar::Float(18_446_744_073_709_551_616.0)),
        ("1.5", Scalar::Float(1.5)),
        (".5", Scalar::Float(0.5)),
        ("1e3", Scalar::Float(1000.0)),
        ("08", Scalar::Float(8.0)),
        (".inf", Scalar::Float(f64::INFINITY)),
        ("1.2.3", Scalar::String("1.2.3")),
        ("10s", Scalar::String("10s")),
        ("-", Scalar::String("-")),
        ("--5", Scalar::String("--5")),
        ("0x", Scalar::String("0x")),
        ("0x-5", Scalar::String("0x-5")),
        ("localhost:4317", Scalar::String("localhost:4317")),
        ("2024-01-01", Scalar::String("2024-01-01")),
        ("é", Scalar::String("é")),
        ("1é", Scalar::String("1é")),
    ] {
        assert_eq!(Scalar::of_plain(text), expected, "{text}");
    }
}
