use super::*;

#[tokio::test]
async fn a_panic_in_a_task_is_reported_once() {
    let fatal = Fatal::default();
    let tasks = Tasks::of("exporter \"x\"", Span::none(), fatal.clone());
    tasks.spawn(std::future::ready(()));
    for _ in 0..2 {
        let task = tasks.spawn(async {
            tokio::task::yield_now().await;
            panic!("on purpose");
        });
        assert!(task.await.is_err());
    }
    assert_eq!(&*fatal.reported().await, "a task of exporter \"x\" panicked");
    assert!(tasks.stop(Instant::now()).await);
}

#[tokio::test]
async fn a_task_that_is_aborted_is_no_fault() {
    let fatal = Fatal::default();
    let tasks = Tasks::of("x", Span::none(), fatal.clone());
    let task = tasks.spawn(std::future::pending::<()>());
    task.abort();
    assert!(task.await.is_err());
    let quiet = tokio::time::timeout(Duration::from_millis(1), fatal.reported()).await;
    assert!(quiet.is_err());
}

#[tokio::test(start_paused = true)]
async fn stopping_wakes_sleepers_and_gives_up_at_the_deadline() {
    let tasks = Tasks::default();
    let own = tasks.clone();
    let sleeper = tasks.spawn(async move { own.sleep(Duration::from_secs(3600)).await });
    assert!(tasks.stop(Instant::now() + Duration::from_secs(1)).await);
    assert!(!sleeper.await.unwrap());
    let stubborn = tasks.spawn(std::future::pending::<()>());
    assert!(!tasks.stop(Instant::now() + Duration::from_secs(1)).await);
    stubborn.abort();
}
