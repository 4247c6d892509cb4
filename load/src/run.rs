//! One measurement from beginning to end: who comes when, and what is read off at which moment.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use palimpsest_core::ReplicaId;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::client::{Client, Phase, Told, World};
use crate::plan::Plan;
use crate::process::{Server, Usage};
use crate::reading::Reading;
use crate::report::{Part, Report};
use crate::slow::{self, Fate};
use crate::writing;

/// So many connect at the same time, as if behind a busy proxy.
const DOORS: usize = 64;
/// How long all of them may take to be welcomed, or to come back.
const PATIENCE: Duration = Duration::from_secs(120);
/// How long what is on its way may take once nobody writes any more.
const SETTLE_TIME_MAX: Duration = Duration::from_secs(20);

/// Carries out the plan.
pub(crate) async fn run(plan: &Plan) -> Result<Report, String> {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let mut server = Server::start(plan)?;
    let empty = Usage::of(server.id());
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let world = Arc::new(World {
        address: server.address,
        run: now.as_micros() as u64,
        pause: plan.pause(),
        start: Instant::now(),
        reading: (0..plan.documents).map(|_| Reading::default()).collect(),
        doors: Semaphore::new(DOORS),
        welcomed: AtomicUsize::new(0),
        settled: AtomicUsize::new(0),
        back: AtomicUsize::new(0),
    });
    let (tell, phase) = watch::channel(Phase::Gathering);
    let mut clients = JoinSet::new();
    for number in 0..plan.clients {
        let client = Client::new(world.clone(), phase.clone(), number, plan.documents);
        clients.spawn(client.live());
    }
    let gathered = reach(&world.welcomed, plan.clients, PATIENCE).await;
    let gathered = gathered.ok_or_else(|| {
        format!("only {} of {} were welcomed", world.welcomed.load(Ordering::Relaxed), plan.clients)
    })?;
    let mut report = Report::of(plan);
    (report.load, report.gathered, report.empty) = (load, gathered, empty.memory);

    if plan.idle {
        report.parts.push(measured(plan, &server).await);
    } else {
        tell.send_replace(Phase::Writing(0));
        report.parts.push(measured(plan, &server).await);
    }
    let mut slow_ones = JoinSet::new();
    if plan.slow > 0 {
        for number in 0..plan.slow {
            let document = writing::document(world.run, number % plan.documents);
            let replica = ReplicaId(world.run.rotate_left(40).wrapping_add(number as u64));
            slow_ones.spawn(slow::live(world.address, document, replica, phase.clone()));
        }
        tell.send_replace(Phase::Writing(1));
        report.parts.push(measured(plan, &server).await);
        // Logs have grown meanwhile, which costs time as well: the others once more, alone.
        tell.send_replace(Phase::Writing(2));
        report.parts.push(measured(plan, &server).await);
    }
    if plan.restart {
        tell.send_replace(Phase::Writing(3));
        let stopped = Instant::now();
        tokio::task::block_in_place(|| server.restart(plan))?;
        report.down = Some(stopped.elapsed());
        reach(&world.back, plan.clients, PATIENCE).await.ok_or("not all came back")?;
        report.back = Some(stopped.elapsed());
    }

    tell.send_replace(Phase::Settling);
    report.settled = reach(&world.settled, plan.clients, SETTLE_TIME_MAX).await;
    // Whoever has sent everything may still be told of what others sent.
    sleep(Duration::from_millis(500)).await;
    tell.send_replace(Phase::Over);
    let told = gather(&mut clients).await;
    report.fates = slow_ones.join_all().await.into_iter().collect::<Vec<Fate>>();
    report.take(told);
    Ok(report)
}

/// Lets a part of the measurement pass and says what it cost.
async fn measured(plan: &Plan, server: &Server) -> Part {
    let own = std::process::id();
    let (before, before_own, start) = (Usage::of(server.id()), Usage::of(own), Instant::now());
    sleep(plan.part()).await;
    let (after, after_own) = (Usage::of(server.id()), Usage::of(own));
    let took = start.elapsed();
    let share = |before: Usage, after: Usage| {
        after.cpu.saturating_sub(before.cpu).as_secs_f64() / took.as_secs_f64()
    };
    Part {
        took,
        cpu: share(before, after),
        cpu_own: share(before_own, after_own),
        memory: after.memory,
        memory_max: after.memory_max,
        ..Part::default()
    }
}

/// Waits until `count` has reached `all`, and says how long that took; `None` if it took too long.
async fn reach(count: &AtomicUsize, all: usize, patience: Duration) -> Option<Duration> {
    let start = Instant::now();
    while count.load(Ordering::Relaxed) < all {
        if start.elapsed() > patience {
            return None;
        }
        sleep(Duration::from_millis(5)).await;
    }
    Some(start.elapsed())
}

async fn gather(clients: &mut JoinSet<Told>) -> Vec<Told> {
    let mut all = Vec::new();
    while let Some(told) = clients.join_next().await {
        all.extend(told.ok());
    }
    all
}
