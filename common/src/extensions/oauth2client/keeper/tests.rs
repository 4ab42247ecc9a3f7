use std::sync::atomic::AtomicUsize;

use super::*;
use crate::component::Tasks;

const SECOND: Duration = Duration::from_secs(1);

/// A keeper that fetches from a server which answers as told.
struct Rig {
    keeper: Arc<Keeper>,
    fetches: Arc<AtomicUsize>,
    is_up: Arc<AtomicBool>,
    tasks: Tasks,
}

impl Rig {
    fn new(life: Option<Duration>, buffer: Duration) -> Self {
        let tasks = Tasks::default();
        let keeper = Arc::new(Keeper::new(buffer, tasks.stopping().clone()));
        let (fetches, is_up) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(true)));
        let (own, counted, up) = (Arc::clone(&keeper), Arc::clone(&fetches), Arc::clone(&is_up));
        tasks.spawn(async move {
            own.run(|| async {
                let number = counted.fetch_add(1, Ordering::Relaxed) + 1;
                tokio::time::sleep(SECOND / 10).await;
                let header = HeaderValue::try_from(format!("Bearer {number}")).unwrap();
                if up.load(Ordering::Relaxed) {
                    Ok(Token { header, life })
                } else {
                    Err("down".to_owned())
                }
            })
            .await;
        });
        Self { keeper, fetches, is_up, tasks }
    }

    async fn token(&self) -> String {
        match self.keeper.token().await {
            Ok(header) => header.to_str().unwrap().to_owned(),
            Err(error) => error.message,
        }
    }

    fn fetches(&self) -> usize {
        self.fetches.load(Ordering::Relaxed)
    }

    fn set_up(&self, is_up: bool) {
        self.is_up.store(is_up, Ordering::Relaxed);
    }
}

async fn pass(seconds: u64) {
    tokio::time::sleep(SECOND * u32::try_from(seconds).unwrap()).await;
}

#[tokio::test(start_paused = true)]
async fn nothing_is_fetched_until_somebody_asks() {
    let rig = Rig::new(Some(SECOND * 60), SECOND);
    pass(1000).await;
    assert_eq!(rig.fetches(), 0);
    assert_eq!(rig.token().await, "Bearer 1");
}

#[tokio::test(start_paused = true)]
async fn the_next_token_is_there_before_the_old_one_ends() {
    let rig = Rig::new(Some(SECOND * 3600), SECOND * 300);
    assert_eq!(rig.token().await, "Bearer 1");
    pass(3290).await;
    assert_eq!((rig.token().await.as_str(), rig.fetches()), ("Bearer 1", 1));
    pass(20).await;
    let began = Instant::now();
    assert_eq!(rig.token().await, "Bearer 2");
    assert_eq!(began.elapsed(), Duration::ZERO, "nobody waits");
}

#[tokio::test(start_paused = true)]
async fn a_token_that_lives_shorter_than_the_buffer_is_used_for_half_of_its_life() {
    let rig = Rig::new(Some(SECOND * 60), SECOND * 300);
    for _ in 0..60 {
        rig.token().await;
        pass(1).await;
    }
    assert!((2..=3).contains(&rig.fetches()), "{}", rig.fetches());
}

#[tokio::test(start_paused = true)]
async fn a_token_without_an_end_is_kept() {
    let rig = Rig::new(None, SECOND * 300);
    rig.token().await;
    pass(1_000_000).await;
    assert_eq!((rig.token().await.as_str(), rig.fetches()), ("Bearer 1", 1));
}

#[tokio::test(start_paused = true)]
async fn nobody_asks_the_server_for_an_idle_collector() {
    let rig = Rig::new(Some(SECOND * 60), SECOND * 10);
    rig.token().await;
    pass(52).await;
    assert_eq!(rig.fetches(), 2, "the first token was used");
    pass(10_000).await;
    assert_eq!(rig.fetches(), 2, "the second was not");
    assert_eq!(rig.token().await, "Bearer 3");
}

#[tokio::test(start_paused = true)]
async fn an_old_token_is_used_while_the_server_is_away() {
    let rig = Rig::new(Some(SECOND * 600), SECOND * 300);
    rig.token().await;
    rig.set_up(false);
    for _ in 0..58 {
        pass(10).await;
        assert_eq!(rig.token().await, "Bearer 1");
    }
    let fetches = rig.fetches();
    assert!((5..25).contains(&fetches), "less and less often: {fetches}");
    pass(20).await;
    assert_eq!(rig.token().await, "failed to get a token: down");
    rig.set_up(true);
    pass(40).await;
    assert!(rig.token().await.starts_with("Bearer "));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_gives_none_is_not_hammered() {
    let rig = Rig::new(None, SECOND);
    rig.set_up(false);
    let began = Instant::now();
    while began.elapsed() < SECOND * 300 {
        assert_eq!(rig.token().await, "failed to get a token: down");
        tokio::time::sleep(SECOND / 100).await;
    }
    assert!((10..20).contains(&rig.fetches()), "{}", rig.fetches());
}

#[tokio::test(start_paused = true)]
async fn a_request_that_gives_up_does_not_stop_the_fetch() {
    let rig = Rig::new(None, SECOND);
    let hurried = tokio::time::timeout(SECOND / 100, rig.keeper.token()).await;
    assert!(hurried.is_err());
    pass(1).await;
    assert_eq!((rig.token().await.as_str(), rig.fetches()), ("Bearer 1", 1));
}

#[tokio::test(start_paused = true)]
async fn a_refused_token_is_thrown_away_but_not_one_after_the_other() {
    let rig = Rig::new(None, SECOND);
    rig.keeper.drop_token();
    assert_eq!(rig.token().await, "Bearer 1");
    rig.keeper.drop_token();
    assert_eq!(rig.token().await, "Bearer 2", "it was the first that was refused");
    rig.keeper.drop_token();
    assert_eq!(rig.token().await, "Bearer 2", "another request may have had the first");
    pass(11).await;
    rig.keeper.drop_token();
    assert_eq!(rig.token().await, "Bearer 3");
}

#[tokio::test(start_paused = true)]
async fn who_waits_while_it_stops_is_told() {
    let rig = Rig::new(None, SECOND);
    let (told, ended) = tokio::join!(rig.token(), rig.tasks.stop(Instant::now() + SECOND));
    assert_eq!(told, "oauth2client is stopping");
    assert!(ended);
}
