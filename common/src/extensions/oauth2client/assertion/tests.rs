use ring::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};

use super::*;
use crate::testing::settings::read;

const KEY: &str = include_str!("test_key.pem");
/// What stands in front of a PKCS #1 key of 2048 bits inside PKCS #8.
const PKCS8_HEAD_BYTES: usize = 26;

fn signed(yaml: &str) -> Result<String, String> {
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000);
    let config: OAuth2ClientConfig = read(yaml).unwrap();
    sign(&config, "agent", &Secret::new(KEY), now)
}

fn part(assertion: &str, number: usize) -> Value {
    let part = assertion.split('.').nth(number).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

#[test]
fn an_assertion_says_who_we_are_and_is_signed() {
    let assertion =
        signed("{token_url: https://a/token, scopes: [a, b], client_certificate_key_id: k1}");
    let assertion = assertion.unwrap();
    assert_eq!(part(&assertion, 0), json!({"alg": "RS256", "typ": "JWT", "kid": "k1"}));
    let mut claims = part(&assertion, 1);
    let id = claims.as_object_mut().unwrap().remove("jti").unwrap();
    assert_eq!(id.as_str().unwrap().len(), 36);
    assert_eq!(
        claims,
        json!({"iss": "agent", "sub": "agent", "aud": "https://a/token", "iat": 1000,
        "exp": 2800, "scope": "a b"})
    );
    let (message, signature) = assertion.rsplit_once('.').unwrap();
    let key = read_key(KEY).unwrap();
    let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.public_key().as_ref());
    public.verify(message.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).unwrap()).unwrap();
}

#[test]
fn settings_overwrite_claims() {
    let yaml = "{iss: issuer, audience: them, claims: {sub: other, roles: [a], n: 1}, signature_algorithm: RS512}";
    let assertion = signed(yaml).unwrap();
    assert_eq!(part(&assertion, 0)["alg"], "RS512");
    let claims = part(&assertion, 1);
    assert_eq!([&claims["iss"], &claims["aud"], &claims["sub"]], ["issuer", "them", "other"]);
    assert_eq!((&claims["roles"], &claims["n"]), (&json!(["a"]), &json!(1)));
    assert_ne!(assertion, signed(yaml).unwrap(), "each has an id of its own");
}

#[test]
fn keys_are_read_in_both_forms_and_what_is_none_is_told() {
    let der = block(KEY, "PRIVATE KEY").unwrap();
    let inner = STANDARD.encode(&der[PKCS8_HEAD_BYTES..]);
    let pkcs1 =
        format!("-----BEGIN RSA PRIVATE KEY-----\n{inner}\n-----END RSA PRIVATE KEY-----\n");
    assert_eq!(
        read_key(&pkcs1).unwrap().public_key().as_ref(),
        read_key(KEY).unwrap().public_key().as_ref()
    );
    assert!(
        read_key("planted").unwrap_err().ends_with("no PEM block PRIVATE KEY or RSA PRIVATE KEY")
    );
    let broken = KEY.replace("\nMII", "\nMIJ");
    assert!(read_key(&broken).unwrap_err().contains("is no RSA key of 2048 to 4096 bits"));
    assert!(Algorithm::of("HS256").unwrap_err().contains("expected one of RS256, RS384, RS512"));
}
