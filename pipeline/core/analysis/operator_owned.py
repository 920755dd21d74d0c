"""Custom resources whose deletion also deletes what their operator created for them."""

from collections.abc import Mapping

from pipeline.core.kube.resource import Resource, mapping, sequence

_DATA = "the database and its volumes"
# (group, kinds) -> what goes with the object. From each operator's own documentation of deletion.
_OPERATED: Mapping[str, Mapping[str, str]] = {
    "postgresql.cnpg.io": {"Cluster": _DATA, "Database": "the database", "Backup": "the backup"},
    "acid.zalan.do": {"postgresql": _DATA},
    "postgres-operator.crunchydata.com": {"PostgresCluster": _DATA},
    "kafka.strimzi.io": {"Kafka": "the brokers", "KafkaTopic": "the topic and its messages", "KafkaUser": "the user"},
    "elasticsearch.k8s.elastic.co": {"Elasticsearch": "the indexes and their volumes"},
    "opensearch.opster.io": {"OpenSearchCluster": "the indexes and their volumes"},
    "mongodbcommunity.mongodb.com": {"MongoDBCommunity": _DATA},
    "psmdb.percona.com": {"PerconaServerMongoDB": _DATA},
    "pxc.percona.com": {"PerconaXtraDBCluster": _DATA},
    "mysql.oracle.com": {"InnoDBCluster": _DATA},
    "k8s.mariadb.com": {"MariaDB": _DATA, "Database": "the database"},
    "rabbitmq.com": {"RabbitmqCluster": "the queues and their volumes", "Queue": "the queue and its messages"},
    "databases.spotahome.com": {"RedisFailover": _DATA},
    "cassandra.datastax.com": {"CassandraDatacenter": _DATA},
    "clickhouse.altinity.com": {"ClickHouseInstallation": _DATA},
    "minio.min.io": {"Tenant": "the buckets and their volumes"},
    "ceph.rook.io": {
        "CephCluster": "the storage cluster",
        "CephBlockPool": "the pool and every volume in it",
        "CephFilesystem": "the file system and every volume in it",
        "CephObjectStore": "the object store and its buckets",
    },
    "longhorn.io": {"Volume": "the volume", "Backup": "the backup", "BackupVolume": "its backups"},
    "snapshot.storage.k8s.io": {"VolumeSnapshot": "the snapshot", "VolumeSnapshotContent": "the snapshot"},
    "cluster.x-k8s.io": {"Cluster": "the cluster and its machines", "MachineDeployment": "its machines"},
}
_ARGO_CASCADE = "resources-finalizer.argocd.argoproj.io"
_EXTERNAL = ("crossplane.io", "upbound.io")


def operated(resource: Resource) -> str:
    """What is deleted with the object; empty where nothing is known to be."""
    group, kind = resource.id.group, resource.kind
    known = _OPERATED.get(group, {}).get(kind, "")
    if known:
        return known
    if group == "argoproj.io" and kind in ("Application", "ApplicationSet"):
        finalizers = map(str, sequence(resource.metadata.get("finalizers")))
        return (
            "everything that it deploys" if any(finalizer.startswith(_ARGO_CASCADE) for finalizer in finalizers) else ""
        )
    spec = mapping(resource.body.get("spec"))
    if group.endswith(_EXTERNAL) and "forProvider" in spec and spec.get("deletionPolicy") != "Orphan":
        return "what it stands for at the provider"
    return ""
