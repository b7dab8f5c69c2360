//! The shared store with a real `redis-server`. Without one, the tests are skipped, unless `OKTA_AUTH_REDIS=required` is set.

mod custom;
mod fixture;
mod logins;
mod lost_data;
mod outages;
mod redis_server;
mod replays;
