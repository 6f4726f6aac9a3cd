import type { Region } from '../model.ts'
import { restorableFrom, restorableUntil, tagList } from '../views.ts'
import type { Value } from '../wire.ts'
import type { Cluster } from './cluster.ts'

/** A cluster as DescribeDBClusters shows it. */
export function shownCluster(region: Region, cluster: Cluster): Value {
  const { VpcSecurityGroupIds, ParameterApplyStatus, ...plain } = cluster.settings
  const { identifier, members } = cluster
  const place = `c1model.${region.name}.rds.amazonaws.com`
  const until = restorableUntil(region, cluster)
  const live = members.filter(({ deleted }) => !deleted)
  return {
    ...plain,
    DBClusterIdentifier: identifier,
    Status: cluster.status,
    DbClusterResourceId: cluster.resourceId,
    DBClusterArn: region.arn('cluster', identifier),
    ClusterCreateTime: cluster.createdAt,
    Endpoint: `${identifier}.cluster-${place}`,
    ReaderEndpoint: `${identifier}.cluster-ro-${place}`,
    ...(Object.keys(cluster.pending).length > 0 && { PendingModifiedValues: cluster.pending }),
    VpcSecurityGroups: (VpcSecurityGroupIds as string[]).map((id) => ({ VpcSecurityGroupId: id, Status: 'active' })),
    DBClusterMembers: members.map((member) => ({
      DBInstanceIdentifier: member.identifier,
      IsClusterWriter: member === live[0],
      DBClusterParameterGroupStatus: ParameterApplyStatus,
      PromotionTier: member.settings['PromotionTier'],
    })),
    TagList: tagList(cluster.tags),
    ...(until && { EarliestRestorableTime: restorableFrom(region, cluster), LatestRestorableTime: until }),
  }
}
