// Runs once, when the volume is new: the service's own user, who is no administrator.
const name = process.env.SHELFWISE_DB;

db.getSiblingDB("admin").createUser({
  user: process.env.SHELFWISE_USER,
  pwd: process.env.SHELFWISE_PASSWORD,
  roles: [
    { role: "readWrite", db: name },
    { role: "dbAdmin", db: name },
  ],
});
