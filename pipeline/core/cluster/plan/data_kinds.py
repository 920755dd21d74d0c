"""Custom resources that hold data: deleting one deletes databases, topics, volumes or backups with it.

No API says this of a kind. Names of the field's operators are listed by their API group (their published CRDs); other
kinds are recognised by the words that such kinds are called by. When in doubt, a custom resource holds data.
"""

import re

from pipeline.core.kube.apis import built_in_group
from pipeline.core.kube.resource import Body, ResourceId, mapping, sequence

_WORDS = re.compile(
    r"(?:Database|DB|Sql|SQL|Postgres\w*|Topic|Queue|Stream|Keyspace|Volume\w*|Bucket\w*|Backup\w*|Snapshot\w*|"
    r"ObjectStore|BlockPool|Filesystem|Cache|Tenant|FileSystem)$"
)
_GROUPS = {
    "acid.zalan.do": {"postgresql"},
    "cassandra.datastax.com": {"CassandraDatacenter"},
    "ceph.rook.io": {"CephCluster"},
    "clickhouse.altinity.com": {"ClickHouseInstallation"},
    "crdb.cockroachlabs.com": {"CrdbCluster"},
    "database.arangodb.com": {"ArangoDeployment"},
    "elasticsearch.k8s.elastic.co": {"Elasticsearch"},
    "k8s.mariadb.com": {"MariaDB"},
    "k8ssandra.io": {"K8ssandraCluster"},
    "kafka.strimzi.io": {"Kafka", "KafkaNodePool"},
    "mysql.oracle.com": {"InnoDBCluster"},
    "opensearch.opster.io": {"OpenSearchCluster"},
    "planetscale.com": {"VitessCluster"},
    "postgres-operator.crunchydata.com": {"PostgresCluster"},
    "postgresql.cnpg.io": {"Cluster"},
    "pxc.percona.com": {"PerconaXtraDBCluster"},
    "rabbitmq.com": {"RabbitmqCluster"},
    "redis.redis.opstreelabs.in": {"Redis", "RedisCluster", "RedisReplication"},
    "databases.spotahome.com": {"RedisFailover"},
    "scylla.scylladb.com": {"ScyllaCluster"},
    "solr.apache.org": {"SolrCloud"},
    "zookeeper.pravega.io": {"ZookeeperCluster"},
}


def holds_data(rid: ResourceId, body: Body) -> str:
    """Why a custom resource is taken to hold data; empty for built-in kinds, and where nothing says so."""
    if not rid.group or built_in_group(rid.group):
        return ""
    if rid.kind in _GROUPS.get(rid.group, ()) or _WORDS.search(rid.kind):
        return f"a {rid.kind} holds data"
    finalizers = sequence(mapping(body.get("metadata")).get("finalizers"))
    if finalizers:
        return f"its finalizer {finalizers[0]} lets an operator delete what belongs to it"
    return ""
