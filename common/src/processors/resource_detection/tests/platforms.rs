//! Each platform as it shows itself, and what is found there.

use super::{
    stand_in::{Reply, StandIn, ok},
    *,
};

const TOKEN_FILE: &str = "/var/run/secrets/kubernetes.io/serviceaccount/token";
const POD: [(&str, &str); 2] =
    [("KUBERNETES_SERVICE_HOST", "10.0.0.1"), ("KUBERNETES_SERVICE_PORT", "443")];

/// A machine as a test wants it.
#[derive(Default)]
struct Around<'a> {
    variables: &'a [(&'a str, &'a str)],
    files: &'a [(&'a str, &'a str)],
    replies: &'a [(&'a str, &'a str)],
}

impl Around<'_> {
    /// What is found by these settings, and the heads of the requests for it.
    async fn finds(&self, yaml: &str) -> (String, Vec<String>) {
        let root = with_files(self.files);
        let replies: Vec<_> = self.replies.iter().map(|(what, body)| (*what, ok(body))).collect();
        let stand_in = StandIn::start(&replies).await;
        // A variable may name the stand-in.
        let variables: Vec<(&str, String)> = self
            .variables
            .iter()
            .map(|(name, value)| (*name, value.replace("STAND_IN", &stand_in.url)))
            .collect();
        let variables: Vec<_> =
            variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let machine = Machine::pretended(&variables, root.path(), Some(stand_in.url.clone()));
        (detected(yaml, machine).await.unwrap(), stand_in.asked())
    }

    async fn check(&self, yaml: &str, expected: &str) -> Vec<String> {
        let (found, asked) = self.finds(yaml).await;
        let expected: Vec<_> = expected.split_whitespace().collect();
        assert_eq!(found.lines().collect::<Vec<_>>(), expected, "{yaml}");
        asked
    }
}

#[tokio::test]
async fn the_environment() {
    let variables = [(ENV, " a = 1x , b=t%20w+o%2C,c=,d=e=f,")];
    let (found, _) = Around { variables: &variables, ..Around::default() }.finds("").await;
    assert_eq!(found, "a=1x\nb=t w o,\nc=\nd=e=f");
    let variables = [(ENV, "  "), ("OTEL_RESOURCE", "a=old")];
    let (found, _) = Around { variables: &variables, ..Around::default() }.finds("").await;
    assert_eq!(found, "a=old");
}

const IDENTITY: &str = r#"{"accountId": "123", "region": "eu-west-1", "availabilityZone": "eu-west-1b",
    "instanceId": "i-1", "imageId": "ami-1", "instanceType": "t3.micro", "kernelId": null}"#;
const IMDS: [(&str, &str); 6] = [
    ("PUT /latest/api/token", "secret-token"),
    ("GET /latest/meta-data/instance-id", "i-1"),
    ("GET /latest/dynamic/instance-identity/document", IDENTITY),
    ("GET /latest/meta-data/hostname", "ip-1.internal"),
    ("GET /latest/meta-data/tags/instance", "team\nteam name\nother"),
    ("GET /latest/meta-data/tags/instance/team%20name", "a-team"),
];
const INSTANCE: &str = "cloud.account.id=123 cloud.availability_zone=eu-west-1b \
     cloud.platform=aws_ec2 cloud.provider=aws cloud.region=eu-west-1 ";
const HOST: &str = " host.id=i-1 host.image.id=ami-1 host.name=ip-1.internal host.type=t3.micro";

#[tokio::test]
async fn an_ec2_instance() {
    let around = Around { replies: &IMDS, ..Around::default() };
    let asked = around.check("detectors: [ec2]", &format!("{INSTANCE}{HOST}")).await;
    assert!(
        asked.iter().skip(1).all(|head| head.contains("x-aws-ec2-metadata-token: secret-token"))
    );
    let tagged = "{detectors: [ec2], ec2: {tags: ['^team'], tags_from_imds: true, \
                  resource_attributes: {host.type: {enabled: false}}}}";
    let (found, _) = around.finds(tagged).await;
    // The tag without a value is left out and the others stay.
    assert!(found.contains("ec2.tag.team name=a-team\n"), "{found}");
    assert!(!found.contains("host.type") && !found.contains("other"), "{found}");
}

#[tokio::test]
async fn an_ec2_instance_without_tokens_at_an_endpoint_of_the_environment() {
    let root = with_files(&[]);
    let replies: Vec<_> = IMDS[1..].iter().map(|(what, body)| (*what, ok(body))).collect();
    let stand_in = StandIn::start(&replies).await;
    let variables = [("AWS_EC2_METADATA_SERVICE_ENDPOINT", stand_in.url.as_str())];
    let machine = Machine::pretended(&variables, root.path(), None);
    let found = detected("detectors: [ec2]", machine).await.unwrap();
    assert!(found.contains("host.id=i-1"), "{found}");
    let off = [variables[0], ("AWS_EC2_METADATA_V1_DISABLED", "true")];
    let machine = Machine::pretended(&off, root.path(), None);
    assert_eq!(detected("detectors: [ec2]", machine).await.unwrap(), "");
    let off = [variables[0], ("AWS_EC2_METADATA_DISABLED", "TRUE")];
    let machine = Machine::pretended(&off, root.path(), None);
    assert_eq!(detected("detectors: [ec2]", machine).await.unwrap(), "");
}

#[tokio::test]
async fn an_ecs_task() {
    let task = r#"{"Cluster": "c", "TaskARN": "arn:aws:ecs:eu-west-1:123:task/c/abc", "Family": "f",
        "Revision": "26", "AvailabilityZone": "eu-west-1a", "LaunchType": "FARGATE", "Containers": [
        {"DockerId": "self", "Type": "NORMAL", "KnownStatus": "RUNNING", "LogDriver": "awslogs",
         "LogOptions": {"awslogs-group": "own", "awslogs-region": "r", "awslogs-stream": "s"}},
        {"DockerId": "app", "Type": "NORMAL", "KnownStatus": "RUNNING", "LogDriver": "awslogs",
         "LogOptions": {"awslogs-group": "g", "awslogs-region": "r", "awslogs-stream": "s"}}]}"#;
    let around = Around {
        variables: &[("ECS_CONTAINER_METADATA_URI_V4", "STAND_IN/v4/x")],
        replies: &[("GET /v4/x/task", task), ("GET /v4/x", r#"{"DockerId": "self"}"#)],
        ..Around::default()
    };
    let expected = "aws.ecs.cluster.arn=arn:aws:ecs:eu-west-1:123:cluster/c aws.ecs.launchtype=fargate \
        aws.ecs.task.arn=arn:aws:ecs:eu-west-1:123:task/c/abc aws.ecs.task.family=f \
        aws.ecs.task.id=abc aws.ecs.task.revision=26 \
        aws.log.group.arns=[arn:aws:logs:r:123:log-group:g] aws.log.group.names=[g] \
        aws.log.stream.arns=[arn:aws:logs:r:123:log-group:g:log-stream:s] \
        aws.log.stream.names=[s] cloud.account.id=123 cloud.availability_zone=eu-west-1a \
        cloud.platform=aws_ecs cloud.provider=aws cloud.region=eu-west-1";
    around.check("detectors: [ecs]", expected).await;
}

#[tokio::test]
async fn an_eks_cluster() {
    let switched = "{detectors: [eks], eks: {node_from_env_var: NODE, resource_attributes: \
        {host.id: {enabled: true}, cloud.region: {enabled: true}}}}";
    let aws = "cloud.platform=aws_eks cloud.provider=aws";
    let irsa = ("AWS_WEB_IDENTITY_TOKEN_FILE", "/var/run/secrets/eks.amazonaws.com/token");
    let variables = [POD[0], POD[1], irsa, ("NODE", "n1")];
    let around = Around { variables: &variables, replies: &IMDS, ..Around::default() };
    around.check("detectors: [eks]", aws).await;
    let from_imds = "cloud.platform=aws_eks cloud.provider=aws cloud.region=eu-west-1 host.id=i-1";
    around.check(switched, from_imds).await;
    let node = r#"{"metadata": {"name": "n1"}, "spec": {"providerID": "aws:///us-east-2c/i-9"}}"#;
    let replies =
        [("GET /version", r#"{"gitVersion": "v1.30.1-eks-abc"}"#), ("GET /api/v1/nodes/n1", node)];
    let files = [(TOKEN_FILE, "t0k\n")];
    let variables = [POD[0], POD[1], ("NODE", "n1")];
    let around = Around { variables: &variables, files: &files, replies: &replies };
    let from_node = "cloud.platform=aws_eks cloud.provider=aws cloud.region=us-east-2 host.id=i-9";
    around.check(switched, from_node).await;
    let replies = [("GET /version", r#"{"gitVersion": "v1.30.1"}"#)];
    Around { variables: &variables, files: &files, replies: &replies }
        .check("detectors: [eks]", "")
        .await;
}

#[tokio::test]
async fn lambda_beanstalk_heroku_and_dynatrace() {
    let variables = [
        ("AWS_LAMBDA_FUNCTION_NAME", "f"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "3"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
        ("AWS_LAMBDA_LOG_GROUP_NAME", "g"),
        ("AWS_LAMBDA_LOG_STREAM_NAME", "s"),
        ("AWS_REGION", "r"),
        ("HEROKU_DYNO_ID", "d"),
        ("HEROKU_APP_ID", "a"),
        ("HEROKU_APP_NAME", "shop"),
        ("HEROKU_SLUG_COMMIT", "c0"),
        ("CONTAINER_APP_NAME", "app"),
        ("CONTAINER_APP_REPLICA_NAME", "app-1"),
    ];
    let files = [
        (
            "/var/elasticbeanstalk/xray/environment.conf",
            r#"{"deployment_id": 23, "environment_name": "BETA", "version_label": "v1"}"#,
        ),
        (
            "/var/lib/dynatrace/enrichment/dt_host_metadata.properties",
            "dt.entity.host=HOST-1\nbroken\nother=1\nhost.name= web =1 \n",
        ),
    ];
    let around = Around { variables: &variables, files: &files, replies: &[] };
    let function = "aws.log.group.names=[g] aws.log.stream.names=[s] cloud.platform=aws_lambda \
        cloud.provider=aws cloud.region=r faas.instance=s faas.max_memory=128 faas.name=f \
        faas.version=3";
    around.check("detectors: [lambda]", function).await;
    let beanstalk = "cloud.platform=aws_elastic_beanstalk cloud.provider=aws \
        deployment.environment=BETA service.instance.id=23 service.version=v1";
    around.check("detectors: [elastic_beanstalk]", beanstalk).await;
    let dyno = "cloud.provider=heroku heroku.app.id=a heroku.release.commit=c0 \
        service.instance.id=d service.name=shop";
    around.check("detectors: [heroku]", dyno).await;
    let app = "azure.container_app.instance.id=app-1 cloud.platform=azure.container_apps \
        cloud.provider=azure service.name=app";
    around.check("detectors: [azurecontainerapps]", app).await;
    let (found, _) = around.finds("detectors: [dynatrace]").await;
    assert_eq!(found, "dt.entity.host=HOST-1\nhost.name=web =1");
}

#[tokio::test]
async fn a_kubernetes_node_and_its_cluster() {
    let variables = [POD[0], POD[1], ("K8S_NODE_NAME", "n1")];
    let files = [(TOKEN_FILE, "t0k\n")];
    let node = ("GET /api/v1/nodes/n1", r#"{"metadata": {"name": "n1", "uid": "u-1"}}"#);
    let system = ("GET /api/v1/namespaces/kube-system", r#"{"metadata": {"uid": "c-1"}}"#);
    let map = (
        "GET /api/v1/namespaces/kube-system/configmaps/kubeadm-config",
        r#"{"data": {"ClusterConfiguration": "apiServer:\n  clusterName: no\nclusterName: \"prod\" # x\n"}}"#,
    );
    let replies = [node, system, map];
    let around = Around { variables: &variables, files: &files, replies: &replies };
    let expected = "k8s.cluster.uid=c-1 k8s.node.name=n1 k8s.node.uid=u-1";
    let asked = around.check("detectors: [k8s_api]", expected).await;
    assert!(asked.iter().all(|head| head.contains("authorization: Bearer t0k")), "{asked:?}");
    around.check("detectors: [k8snode]", expected).await;
    around.check("detectors: [kubeadm]", "k8s.cluster.name=prod k8s.cluster.uid=c-1").await;
}

#[tokio::test]
async fn a_cluster_that_may_not_be_asked_is_left_out() {
    let root = with_files(&[(TOKEN_FILE, "t0k")]);
    let forbidden = Reply::Body(403, "", "{}".to_owned());
    let replies = [
        ("GET /api/v1/nodes/n1", ok(r#"{"metadata": {"name": "n1", "uid": "u-1"}}"#)),
        ("GET /api/v1/namespaces/kube-system", forbidden),
    ];
    let stand_in = StandIn::start(&replies).await;
    let variables = [POD[0], POD[1], ("K8S_NODE_NAME", "n1")];
    let machine = Machine::pretended(&variables, root.path(), Some(stand_in.url.clone()));
    let found = detected("detectors: [k8s_api]", machine).await.unwrap();
    assert_eq!(found, "k8s.node.name=n1\nk8s.node.uid=u-1");
}

#[tokio::test]
async fn openshift() {
    let status = r#"{"status": {"infrastructureName": "oc-1", "platformStatus":
        {"type": "AWS", "aws": {"region": "us-East-1"}, "azure": null}}}"#;
    let around = Around {
        variables: &POD,
        files: &[(TOKEN_FILE, "t0k")],
        replies: &[("GET /apis/config.openshift.io/v1/infrastructures/cluster/status", status)],
    };
    let expected = "cloud.platform=aws_openshift cloud.provider=aws cloud.region=us-east-1 \
        k8s.cluster.name=oc-1";
    around.check("detectors: [openshift]", expected).await;
}

#[tokio::test]
async fn azure() {
    let machine = r#"{"location": "westeurope", "name": "vm", "vmId": "id-1", "vmSize": "D2",
        "subscriptionId": "sub", "resourceGroupName": "MC_group_prod_westeurope", "zone": "1",
        "osProfile": {"computerName": "box"}, "vmScaleSetName": "", "tagsList":
        [{"name": "team", "value": "a"}, {"name": "x", "value": "b"}]}"#;
    let around = Around {
        variables: &POD,
        replies: &[("GET /metadata/instance/compute?format=json&api-version=2020-09-01", machine)],
        ..Around::default()
    };
    let expected = "azure.resourcegroup.name=MC_group_prod_westeurope azure.tag.team=a \
        azure.vm.name=vm azure.vm.size=D2 cloud.account.id=sub cloud.platform=azure.vm \
        cloud.provider=azure cloud.region=westeurope host.id=id-1 host.name=box";
    let asked = around.check("{detectors: [azure], azure: {tags: [^team$]}}", expected).await;
    assert!(asked[0].contains("metadata: true"), "{asked:?}");
    let yaml =
        "{detectors: [aks], aks: {resource_attributes: {k8s.cluster.name: {enabled: true}}}}";
    let cluster = "cloud.platform=azure.aks cloud.provider=azure k8s.cluster.name=prod";
    around.check(yaml, cluster).await;
}

/// Google's server with these keys.
async fn google(variables: &[(&str, &str)], keys: &[(&str, &str)], yaml: &str) -> String {
    let flavor = "Metadata-Flavor: Google\r\n";
    let paths: Vec<String> =
        keys.iter().map(|(key, _)| format!("GET /computeMetadata/v1/{key}")).collect();
    let mut replies = vec![("GET /", Reply::Body(200, flavor, String::new()))];
    let labels = r#"{"labels": {"team": "a", "x": "b"}}"#;
    replies.push(("GET /compute/v1/projects/p/zones/europe-west1-b/instances/vm-1", ok(labels)));
    replies.extend(paths.iter().zip(keys).map(|(path, (_, value))| (path.as_str(), ok(value))));
    let stand_in = StandIn::start(&replies).await;
    let machine =
        Machine::pretended(variables, Path::new("/nonexistent"), Some(stand_in.url.clone()));
    let found = detected(yaml, machine).await.unwrap();
    for head in stand_in.asked().iter().filter(|head| head.contains("computeMetadata")) {
        assert!(head.contains("metadata-flavor: Google"), "{head}");
    }
    found.replace('\n', " ")
}

const GCE: [(&str, &str); 8] = [
    ("project/project-id", "p"),
    ("instance/machine-type", "projects/1/machineTypes/n1"),
    ("instance/zone", "projects/1/zones/europe-west1-b"),
    ("instance/id", "42"),
    ("instance/name", "vm-1"),
    ("instance/hostname", "vm-1.c.p.internal"),
    ("instance/attributes/created-by", "projects/1/regions/europe-west1/instanceGroupManagers/mig"),
    ("instance/service-accounts/default/token", r#"{"access_token": "t", "expires_in": 3}"#),
];

#[tokio::test]
async fn a_google_instance() {
    let expected = "cloud.account.id=p cloud.availability_zone=europe-west1-b \
        cloud.platform=gcp_compute_engine cloud.provider=gcp cloud.region=europe-west1 \
        gcp.gce.instance_group_manager.name=mig gcp.gce.instance_group_manager.region=europe-west1 \
        host.id=42 host.name=vm-1 host.type=projects/1/machineTypes/n1";
    assert_eq!(google(&[], &GCE, "detectors: [gcp]").await, expected);
    let labelled = google(&[], &GCE, "{detectors: [gcp], gcp: {labels: [team]}}").await;
    assert!(labelled.contains(" gcp.gce.instance.labels.team=a "), "{labelled}");
    assert!(!labelled.contains("labels.x"), "{labelled}");
}

#[tokio::test]
async fn google_services() {
    let gke = [
        ("project/project-id", "p"),
        ("instance/id", "42"),
        ("instance/attributes/cluster-location", "europe-west1-b"),
        ("instance/attributes/cluster-name", "prod"),
    ];
    let expected = "cloud.account.id=p cloud.availability_zone=europe-west1-b \
        cloud.platform=gcp_kubernetes_engine cloud.provider=gcp cloud.region=europe-west1 \
        host.id=42 k8s.cluster.name=prod";
    let yaml = "{detectors: [gcp], fail_on_missing_metadata: true}";
    assert_eq!(google(&POD, &gke, yaml).await, expected);
    let run = [
        ("project/project-id", "p"),
        ("instance/id", "42"),
        ("instance/region", "projects/1/regions/europe-west1"),
        ("instance/zone", "projects/1/zones/europe-west1-b"),
    ];
    let service = [("K_CONFIGURATION", "c"), ("K_SERVICE", "s"), ("K_REVISION", "s-1")];
    let faas = "cloud.provider=gcp cloud.region=europe-west1 faas.instance=42 faas.name=s";
    let expected =
        format!("cloud.account.id=p cloud.platform=gcp_cloud_run {faas} faas.version=s-1");
    assert_eq!(google(&service, &run, yaml).await, expected);
    let function = [("FUNCTION_TARGET", "f"), ("K_SERVICE", "s"), ("K_REVISION", "s-1")];
    let expected = expected.replace("cloud_run", "cloud_functions");
    assert_eq!(google(&function, &run, yaml).await, expected);
    let job = [("CLOUD_RUN_JOB", "s"), ("CLOUD_RUN_EXECUTION", "e"), ("CLOUD_RUN_TASK_INDEX", "0")];
    let expected = format!(
        "cloud.account.id=p cloud.platform=gcp_cloud_run {faas} gcp.cloud_run.job.execution=e \
         gcp.cloud_run.job.task_index=0"
    );
    assert_eq!(google(&job, &run, yaml).await, expected);
    let app = [
        ("GAE_ENV", "standard"),
        ("GAE_SERVICE", "s"),
        ("GAE_VERSION", "1"),
        ("GAE_INSTANCE", "i"),
    ];
    let expected = "cloud.account.id=p cloud.availability_zone=europe-west1-b \
        cloud.platform=gcp_app_engine cloud.provider=gcp cloud.region=europe-west1 \
        faas.instance=i faas.name=s faas.version=1";
    assert_eq!(google(&app, &run, yaml).await, expected);
    assert_eq!(google(&app[1..], &run, yaml).await, expected);
}

#[tokio::test]
async fn google_bare_metal() {
    let variables = [("BMS_PROJECT_ID", "p"), ("BMS_REGION", "r"), ("BMS_INSTANCE_ID", "i")];
    let expected = "cloud.account.id=p cloud.platform=gcp_bare_metal_solution cloud.provider=gcp \
        cloud.region=r host.name=i";
    assert_eq!(google(&variables, &[], "detectors: [gcp]").await, expected);
}

#[tokio::test]
async fn clouds_that_tell_all_in_one_document() {
    let host = "host.id=1 host.name=h";
    let cases = [
        (
            "digitalocean",
            ("GET /metadata/v1.json", r#"{"droplet_id": 1, "hostname": "h", "region": "nyc3"}"#),
            format!("cloud.provider=digitalocean cloud.region=nyc3 {host}"),
        ),
        (
            "upcloud",
            (
                "GET /metadata/v1.json",
                r#"{"cloud_name": "upcloud", "instance_id": "1", "hostname": "h", "region": "fi"}"#,
            ),
            format!("cloud.provider=upcloud cloud.region=fi {host}"),
        ),
        (
            "vultr",
            (
                "GET /v1.json",
                r#"{"instanceid": "0", "instance-v2-id": "1", "hostname": "h",
                    "region": {"regioncode": "EWR"}}"#,
            ),
            format!("cloud.provider=vultr cloud.region=ewr {host}"),
        ),
        (
            "scaleway",
            (
                "GET /conf?format=json",
                r#"{"id": "1", "name": "h", "organization": "o", "commercial_type": "DEV1",
                    "image": {"id": "im", "name": "debian"}, "location": {"zone_id": "fr-par-1"}}"#,
            ),
            "cloud.account.id=o cloud.availability_zone=fr-par-1 \
             cloud.platform=scaleway_cloud_compute cloud.provider=scaleway_cloud \
             cloud.region=fr-par host.id=1 host.image.id=im host.image.name=debian host.name=h \
             host.type=DEV1"
                .to_owned(),
        ),
        (
            "oraclecloud",
            (
                "GET /opc/v2/instance/",
                r#"{"id": "1", "displayName": "h", "shape": "VM", "canonicalRegionName": "us",
                    "availabilityDomain": "ad", "metadata": {"oke-cluster-display-name": "k"}}"#,
            ),
            "cloud.availability_zone=ad cloud.platform=oracle_cloud_oke \
             cloud.provider=oracle_cloud cloud.region=us host.id=1 host.name=h host.type=VM \
             k8s.cluster.name=k"
                .to_owned(),
        ),
    ];
    for (name, reply, expected) in cases {
        let around = Around { replies: &[reply], ..Around::default() };
        around.check(&format!("detectors: [{name}]"), &expected).await;
    }
}

#[tokio::test]
async fn clouds_that_want_a_token() {
    let akamai = r#"{"id": 1, "label": "h", "region": "us", "type": "g6", "account_euuid": "a",
        "image": {"id": "im", "label": "debian"}}"#;
    let replies = [("PUT /v1/token", r#"["t"]"#), ("GET /v1/instance", akamai)];
    let around = Around { replies: &replies, ..Around::default() };
    let expected = "cloud.account.id=a cloud.platform=akamai_cloud.compute \
        cloud.provider=akamai_cloud cloud.region=us host.id=1 host.image.id=im \
        host.image.name=debian host.name=h host.type=g6";
    let asked = around.check("detectors: [akamai]", expected).await;
    assert!(asked[1].contains("metadata-token: t"), "{asked:?}");
    let instance = r#"{"id": "1", "name": "h", "crn": "crn:v1:b:public:is:eu-2:a/acc::instance:1",
        "image": {"id": "im", "name": "debian"}, "profile": {"name": "nx"}, "zone": {"name": "eu-2"}}"#;
    let replies = [
        ("PUT /identity/v1/token?version=2026-01-30", r#"{"access_token": "t"}"#),
        ("GET /metadata/v1/instance?version=2026-01-30", instance),
    ];
    let around = Around { replies: &replies, ..Around::default() };
    let expected = "cloud.account.id=acc cloud.availability_zone=eu-2 \
        cloud.platform=ibm_cloud.vpc cloud.provider=ibm_cloud cloud.region=eu \
        cloud.resource_id=crn:v1:b:public:is:eu-2:a/acc::instance:1 host.id=1 host.image.id=im \
        host.image.name=debian host.name=h host.type=nx";
    let asked = around.check("detectors: [ibmcloud_vpc]", expected).await;
    assert!(asked[0].contains("metadata-flavor: ibm"), "{asked:?}");
    assert!(asked[1].contains("authorization: Bearer t"), "{asked:?}");
}

#[tokio::test]
async fn clouds_that_tell_one_value_at_a_time() {
    let alibaba = [
        ("PUT /latest/api/token", "t"),
        ("GET /latest/meta-data/hostname", "h"),
        ("GET /latest/meta-data/image-id", "im"),
        ("GET /latest/meta-data/instance-id", "1"),
        ("GET /latest/meta-data/instance/instance-type", "g6"),
        ("GET /latest/meta-data/owner-account-id", "a"),
        ("GET /latest/meta-data/region-id", "cn"),
        ("GET /latest/meta-data/zone-id", "cn-1"),
    ];
    let tencent = [
        ("GET /latest/meta-data/instance-name", "h"),
        ("GET /latest/meta-data/instance/image-id", "im"),
        ("GET /latest/meta-data/instance-id", "1"),
        ("GET /latest/meta-data/instance/instance-type", "g6"),
        ("GET /latest/meta-data/app-id", "a"),
        ("GET /latest/meta-data/placement/region", "cn"),
        ("GET /latest/meta-data/placement/zone", "cn-1"),
    ];
    let common = |provider: &str, platform: &str| {
        format!(
            "cloud.account.id=a cloud.availability_zone=cn-1 cloud.platform={platform} \
             cloud.provider={provider} cloud.region=cn host.id=1 host.image.id=im host.name=h \
             host.type=g6"
        )
    };
    let around = Around { replies: &alibaba, ..Around::default() };
    around.check("detectors: [alibaba_ecs]", &common("alibaba_cloud", "alibaba_cloud_ecs")).await;
    let around = Around { replies: &tencent, ..Around::default() };
    around.check("detectors: [tencent_cvm]", &common("tencent_cloud", "tencent_cloud_cvm")).await;
    let hetzner = [
        ("GET /hetzner/v1/metadata/hostname", "h"),
        ("GET /hetzner/v1/metadata/instance-id", "1"),
        ("GET /hetzner/v1/metadata/region", "eu-central"),
        ("GET /hetzner/v1/metadata/availability-zone", "fsn1-dc14"),
    ];
    let around = Around { replies: &hetzner, ..Around::default() };
    let expected = "cloud.availability_zone=fsn1-dc14 cloud.provider=hetzner \
        cloud.region=eu-central host.id=1 host.name=h";
    around.check("detectors: [hetzner]", expected).await;
    let base = "GET /rest/v3.1/SoftLayer_Resource_Metadata/";
    let keys = ["getId", "getHostname", "getDatacenter", "getAccountId", "getGlobalIdentifier"];
    let paths = keys.map(|key| format!("{base}{key}.txt"));
    let replies: Vec<_> = paths.iter().zip(keys).map(|(path, key)| (path.as_str(), key)).collect();
    let around = Around { replies: &replies, ..Around::default() };
    let expected = "cloud.account.id=getAccountId cloud.availability_zone=getDatacenter \
        cloud.platform=ibm_cloud.classic cloud.provider=ibm_cloud \
        cloud.resource_id=getGlobalIdentifier host.id=getId host.name=getHostname";
    around.check("detectors: [ibmcloud_classic]", expected).await;
}

#[tokio::test]
async fn nova_and_consul() {
    let instance = r#"{"uuid": "1", "hostname": "h", "project_id": "p", "availability_zone": "nova",
        "meta": {"team": "a", "x": "b"}}"#;
    let replies = [
        ("GET /openstack/latest/meta_data.json", instance),
        ("GET /latest/meta-data/instance-type", "m1.small"),
    ];
    let around = Around { replies: &replies, ..Around::default() };
    let expected = "cloud.account.id=p cloud.availability_zone=nova \
        cloud.platform=openstack_nova cloud.provider=openstack host.id=1 host.name=h \
        host.type=m1.small openstack.nova.meta.team=a";
    around.check("{detectors: [nova], nova: {labels: [^team$]}}", expected).await;
    let agent = r#"{"Config": {"NodeName": "h", "Datacenter": "dc1", "NodeID": "1"},
        "Meta": {"env": "prod", "other": "x"}}"#;
    let replies = [("GET /v1/agent/self?dc=dc1&ns=a%20b", agent)];
    let variables = [("CONSUL_HTTP_ADDR", "STAND_IN"), ("CONSUL_HTTP_TOKEN", "from-env")];
    let around = Around { variables: &variables, replies: &replies, ..Around::default() };
    let yaml = "{detectors: [consul], consul: {datacenter: dc1, namespace: 'a b', token: t0k, meta: {env: }}}";
    let asked = around.check(yaml, "cloud.region=dc1 env=prod host.id=1 host.name=h").await;
    assert!(asked[0].contains("x-consul-token: t0k"), "{asked:?}");
}

#[tokio::test]
async fn a_docker_daemon_at_its_socket() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let root = with_files(&[("/var/run/x", "")]);
    let listener = tokio::net::UnixListener::bind(root.path().join("var/run/docker.sock")).unwrap();
    let tasks = crate::component::Tasks::default();
    tasks.spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = vec![0; 4096];
            let len = stream.read(&mut head).await.unwrap();
            let body = match head[..len].starts_with(b"GET /info ") {
                true => r#"{"Name": "moby", "OSType": "linux"}"#,
                false => r#"{"Name": "/web", "Image": "sha256:1"}"#,
            };
            let len = body.len();
            let answer = format!(
                "HTTP/1.1 200 OK\r\ncontent-length: {len}\r\nconnection: close\r\n\r\n{body}"
            );
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    let machine = || Machine::pretended(&[], root.path(), None);
    let found = detected("detectors: [docker]", machine()).await.unwrap();
    assert_eq!(found, "host.name=moby\nos.type=linux");
    let yaml = "{detectors: [docker], docker: {resource_attributes: {host.name: {enabled: false}, \
        container.name: {enabled: true}, container.image.name: {enabled: true}}}}";
    let found = detected(yaml, machine()).await.unwrap();
    assert_eq!(found, "container.image.name=sha256:1\ncontainer.name=/web\nos.type=linux");
}
