use proptest::prelude::*;

use super::*;

#[test]
fn doubles_are_read_as_go_reads_them() {
    let cases = [
        ("1_000", Some(1000.0)),
        ("1e5_0", Some(1e50)),
        ("1e+5", Some(1e5)),
        ("1.", Some(1.0)),
        ("+.5", Some(0.5)),
        ("5e-324", Some(5e-324)),
        ("1e-400", Some(0.0)),
        ("-0", Some(-0.0)),
        ("-inf", Some(f64::NEG_INFINITY)),
        ("+Infinity", Some(f64::INFINITY)),
        ("1e400", None),
        ("-nan", None),
        ("infin", None),
        ("", None),
        (".", None),
        ("--1", None),
        ("+-1", None),
        (" 1", None),
        ("1__0", None),
        ("_1", None),
        ("1_", None),
        ("1_.5", None),
        ("0x1p-2", Some(0.25)),
        ("0x_1p4", Some(16.0)),
        ("0x1_0p0", Some(16.0)),
        ("-0x1.8p1", Some(-3.0)),
        ("0x.8p0", Some(0.5)),
        ("0X1P+3", Some(8.0)),
        ("0x1.fffffffffffff8p0", Some(2.0)),
        ("0x1.00000000000008p0", Some(1.0)),
        ("0x1.000000000000080000001p0", Some(1.0 + f64::EPSILON)),
        ("0x100000000000000000000p0", Some(1_208_925_819_614_629_174_706_176.0)),
        ("0x1p-1074", Some(5e-324)),
        ("0x1p-1075", Some(0.0)),
        ("0x1.8p-1075", Some(5e-324)),
        ("0x1p-99999999999999999999", Some(0.0)),
        ("0x0.00000000000018p-1022", Some(1e-323)),
        ("0x1.00000000000008p-1022", Some(f64::MIN_POSITIVE)),
        ("0x0p9999", Some(0.0)),
        ("0x1.fffffffffffffp1023", Some(f64::MAX)),
        ("0x1.fffffffffffff8p1023", None),
        ("0x1p1024", None),
        ("0x10", None),
        ("0x1p", None),
        ("0xp1", None),
        ("0x.p1", None),
        ("0x1pa", None),
    ];
    for (text, double) in cases {
        let read = parse_double(text);
        assert_eq!(read.map(f64::to_bits), double.map(f64::to_bits), "{text}: {read:?}");
    }
    assert!(parse_double("NaN").unwrap().is_nan());
}

proptest! {
    #[test]
    fn hexadecimal_integers_round_to_the_nearest(mantissa: u64, exponent in -40..40_i32) {
        let read = parse_double(&format!("0x{mantissa:x}p{exponent}"));
        prop_assert_eq!(read, Some(mantissa as f64 * 2_f64.powi(exponent)));
    }

    #[test]
    fn any_text_can_be_read(text in "[-+0-9a-fxXpP._]{0,40}|.{0,20}") {
        let is_number = parse_double(&text).is_some();
        prop_assert!(!is_number || !text.is_empty());
    }
}
