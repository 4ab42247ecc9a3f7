//! Endpoints that are not there, are slow, or lie.

use super::{
    stand_in::{Reply, StandIn, ok},
    *,
};

/// The detectors that ask somebody or look somewhere, and so can miss their platform.
const ABSENT: [&str; 26] = [
    "akamai",
    "aks",
    "alibaba_ecs",
    "azure",
    "azurecontainerapps",
    "consul",
    "digitalocean",
    "docker",
    "ec2",
    "ecs",
    "eks",
    "elastic_beanstalk",
    "gcp",
    "heroku",
    "hetzner",
    "ibmcloud_classic",
    "ibmcloud_vpc",
    "kubeadm",
    "lambda",
    "nova",
    "openshift",
    "oraclecloud",
    "scaleway",
    "tencent_cvm",
    "upcloud",
    "vultr",
];

#[tokio::test]
async fn a_platform_that_is_missing_is_a_failure_only_where_that_is_asked_for() {
    // Nobody listens on a port that was just given back.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = listener.local_addr().unwrap();
    drop(listener);
    let address = nobody.to_string();
    let machine = || {
        let variables = [("CONSUL_HTTP_ADDR", address.as_str())];
        Machine::pretended(&variables, Path::new("/nonexistent"), Some(format!("http://{nobody}")))
    };
    for name in ABSENT {
        let found = detected(&format!("detectors: [{name}]"), machine()).await;
        assert_eq!(found.as_deref(), Ok(""), "{name}");
        let yaml = format!(
            "{{detectors: [{name}], fail_on_missing_metadata: true, retry: {{enabled: false}}}}"
        );
        let error = detected(&yaml, machine()).await.unwrap_err();
        assert!(error.starts_with(&format!("{name}: ")), "{error}");
    }
}

#[tokio::test]
async fn a_server_that_says_nothing_counts_as_missing_before_time_is_over() {
    let silence = ["PUT /latest/api/token", "GET /", "GET /v1.json"];
    let stand_in = StandIn::start(&silence.map(|path| (path, Reply::Silence))).await;
    let machine = Machine::pretended(&[], Path::new("/nonexistent"), Some(stand_in.url.clone()));
    let start = tokio::time::Instant::now();
    let found = detected("{detectors: [ec2, gcp, vultr], timeout: 300ms}", machine).await;
    assert_eq!(found.as_deref(), Ok(""));
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn answers_that_are_too_long_or_no_json_count_as_missing() {
    for reply in [Reply::Flood, ok("[]"), ok("{\"hostname\": "), ok("\u{1}"), ok("")] {
        let replies = [("GET /v1.json", reply.clone()), ("GET /conf?format=json", reply.clone())];
        let stand_in = StandIn::start(&replies).await;
        let machine =
            || Machine::pretended(&[], Path::new("/nonexistent"), Some(stand_in.url.clone()));
        for name in ["vultr", "scaleway"] {
            let found = detected(&format!("detectors: [{name}]"), machine()).await;
            assert_eq!(found.as_deref(), Ok(""), "{reply:?}");
            let yaml = format!(
                "{{detectors: [{name}], fail_on_missing_metadata: true, retry: {{enabled: false}}}}"
            );
            let error = detected(&yaml, machine()).await.unwrap_err();
            let is_told = error.contains("1 MiB") || error.contains("cannot be read");
            assert!(is_told, "{error}");
        }
    }
}

#[tokio::test]
async fn a_redirect_leads_nowhere() {
    let other = StandIn::start(&[("GET /v1.json", ok("{\"hostname\": \"other\"}"))]).await;
    let header: &'static str =
        Box::leak(format!("location: {}/v1.json\r\n", other.url).into_boxed_str());
    let redirect = Reply::Body(302, header, String::new());
    let stand_in = StandIn::start(&[("GET /v1.json", redirect)]).await;
    let machine = Machine::pretended(&[], Path::new("/nonexistent"), Some(stand_in.url.clone()));
    assert_eq!(detected("detectors: [vultr]", machine).await.as_deref(), Ok(""));
    assert_eq!(other.asked(), Vec::<String>::new());
}

#[tokio::test]
async fn an_instance_that_hides_its_identity_is_a_failure_with_a_name() {
    let replies =
        [("PUT /latest/api/token", ok("t")), ("GET /latest/meta-data/instance-id", ok("i"))];
    let stand_in = StandIn::start(&replies).await;
    let machine = Machine::pretended(&[], Path::new("/nonexistent"), Some(stand_in.url.clone()));
    let processor = processor("{detectors: [ec2], retry: {enabled: false}}", machine);
    let error = processor.start().await.unwrap_err().message;
    let parts =
        ["cannot detect the resource: ec2: ", "identity/document: status 404", "timeout: 5s"];
    assert!(parts.iter().all(|part| error.contains(part)), "{error}");
}

const FILE: &str = "var/lib/dynatrace/enrichment/dt_host_metadata.properties";

#[tokio::test(start_paused = true)]
async fn a_failing_detector_is_tried_again_with_growing_waits() {
    let root = with_files(&[]);
    fs::create_dir_all(root.path().join(FILE)).unwrap();
    let machine = || Machine::pretended(&[], root.path(), None);
    let yaml = "{detectors: [dynatrace], retry: {randomization_factor: 0}}";
    let start = tokio::time::Instant::now();
    let error = detected(yaml, machine()).await.unwrap_err();
    assert!(error.contains("is no file"), "{error}");
    // At 0 s, 1 s and 3 s; 7 s would be too late.
    assert_eq!(start.elapsed().as_secs(), 3);
    let repair = async {
        tokio::time::sleep(Duration::from_millis(1500)).await;
        fs::remove_dir(root.path().join(FILE)).unwrap();
        fs::write(root.path().join(FILE), "host.name=late").unwrap();
    };
    let (found, ()) = tokio::join!(detected(yaml, machine()), repair);
    assert_eq!(found.as_deref(), Ok("host.name=late"));
}

#[tokio::test(start_paused = true)]
async fn what_will_never_be_right_is_not_tried_again() {
    let start = tokio::time::Instant::now();
    for text in ["a", "=b", "a=b,,c=d", "a=%zz", "a=%ff", "a=ä", "a=b,c"] {
        let error = detected("", bare(&[(ENV, text)])).await.unwrap_err();
        assert!(error.starts_with("env: OTEL_RESOURCE_ATTRIBUTES cannot be read: "), "{error}");
    }
    let error = detected("detectors: [k8s_api]", bare(&[])).await.unwrap_err();
    assert!(error.contains("K8S_NODE_NAME is not set"), "{error}");
    assert!(start.elapsed().is_zero());
}

#[tokio::test]
async fn outcomes_are_counted_by_detector() {
    let metrics = Metrics::default();
    let machine = bare(&[(ENV, "broken")]);
    let config = config("detectors: [env, lambda]");
    let detection = Detection { config, machine, metrics: metrics.clone() };
    detection.run().await.unwrap_err();
    let results =
        metrics.samples().into_iter().filter(|sample| sample.metric.name.ends_with("results"));
    let labels: Vec<_> = results.map(|sample| format!("{:?}", sample.labels)).collect();
    let expected = [
        r#"[("detector", "env"), ("outcome", "failure"), ("error_type", "invalid")]"#,
        r#"[("detector", "lambda"), ("outcome", "success")]"#,
    ];
    assert_eq!(labels, expected);
}
