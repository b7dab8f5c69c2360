//! One connection to a store.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Pipeline, PushInfo, PushKind, Value};
use tokio::net::TcpStream;
use tokio::sync::Notify;

use super::address::Address;
use super::bounded::Bounded;
use super::replies::Failure;
use super::tls::{self, Roots, Stream};

/// How many commands wait to be written. Beyond, requests wait for room.
const WRITE_QUEUE: usize = 1024;

/// Takes commands, as a store does.
pub(super) trait Commands: Sync {
    /// The replies to these commands, sent as one. Never sent again: a second `SET` with `NX` would find the key of the first.
    fn send<const N: usize>(&self, commands: &Pipeline) -> impl Future<Output = Result<[Value; N], Failure>> + Send;
}

/// A connection that all requests share. The runtime of the supervisor reads and writes.
pub(super) struct Link {
    connection: MultiplexedConnection,
    failed: Arc<Notify>,
    has_worked: AtomicBool,
}

impl Link {
    /// Connects and logs in.
    pub(super) async fn open(address: &Address, roots: Option<&Roots>) -> Result<Self, Failure> {
        let tcp = TcpStream::connect((&*address.host, address.port)).await?;
        tcp.set_nodelay(true)?;
        let stream: Box<dyn Stream> = match address.is_tls {
            true => tls::connect(tcp, &address.host, roots).await?,
            false => Box::new(tcp),
        };
        let failed = Arc::new(Notify::new());
        let disconnected = Arc::clone(&failed);
        let on_push = move |push: PushInfo| {
            if push.kind == PushKind::Disconnection {
                disconnected.notify_one();
            }
            Ok::<(), ()>(())
        };
        // Requests have a timeout of their own.
        let config = AsyncConnectionConfig::new().set_response_timeout(None).set_push_sender(on_push);
        let config = config.set_pipeline_buffer_size(WRITE_QUEUE);
        let (connection, driver) =
            MultiplexedConnection::new_with_config(&address.login, Bounded::new(stream), config).await?;
        tokio::spawn(driver);
        Ok(Self { connection, failed, has_worked: AtomicBool::new(false) })
    }

    /// Reports that an answer was good.
    pub(super) fn work(&self) {
        self.has_worked.store(true, Ordering::Relaxed);
    }

    pub(super) fn has_worked(&self) -> bool {
        self.has_worked.load(Ordering::Relaxed)
    }

    /// Reports that the connection is not usable. The supervisor opens another.
    pub(super) fn fail(&self) {
        self.failed.notify_one();
    }

    pub(super) async fn failed(&self) {
        self.failed.notified().await;
    }
}

impl Commands for Link {
    async fn send<const N: usize>(&self, commands: &Pipeline) -> Result<[Value; N], Failure> {
        let replies = self.connection.clone().send_packed_commands(commands, 0, N).await?;
        replies.try_into().map_err(|_| Failure::Nonsense)
    }
}
