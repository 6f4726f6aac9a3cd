import type { RefusalCode } from '../../../model/triggers/episode.ts'
import type { ServiceState } from '../../../model/service/state.ts'
import type { Dice } from '../../support/dice.ts'
import { stopByHand, tellService } from '../../support/services.ts'
import { until } from '../../support/until.ts'
import { alertOf, type Ground, type Shop } from './ground.ts'

const MINUTE = 60_000
/** On a machine that is busy with other things an episode has taken two minutes. */
const LIMIT = 300_000

/** What shall come of one way in which alerts come in: so many rollbacks, and the reasons why not more. */
interface Case {
  name: string
  /** How many, how old and how far apart is up to the dice. */
  play(ground: Ground, dice: Dice): Promise<string | undefined>
}

/** Fails with a sentence unless the shop was rolled back so often, and refused for one of these reasons. */
async function came(
  ground: Ground,
  shop: Shop,
  rollbacks: number,
  codes: readonly RefusalCode[],
): Promise<string | undefined> {
  const state = await settled(ground, shop, rollbacks, codes)
  const { writes } = shop.object
  const refusals = state.episodes.flatMap((episode) => episode.refusals ?? [])
  const silent = refusals.find(({ text }) => text === '')
  if (writes.length !== rollbacks) return `rolled back ${writes.length} times, not ${rollbacks} (${reasons(state)})`
  if (silent) return `${silent.code} has no reason`
  if (codes.length > 0 && !refusals.some(({ code }) => codes.includes(code)))
    return `refused for ${reasons(state)}, not for ${codes.join(' or ')}`
  return undefined
}

/** The service once every episode has come to rest, and what has to happen has. */
function settled(
  { state }: Ground,
  shop: Shop,
  rollbacks: number,
  codes: readonly RefusalCode[],
): Promise<ServiceState> {
  return until(
    () => state(shop),
    ({ episodes, runs, concluding }) =>
      episodes.length > 0 &&
      episodes.every(({ standing }) => standing !== 'open' && standing !== 'acting') &&
      (runs.length >= rollbacks || rollbacks === 0) &&
      concluding.length === 0 &&
      (codes.length === 0 || episodes.some(({ refusals = [] }) => refusals.some(({ code }) => codes.includes(code)))),
    (seen) => `it did not come to rest: ${seen ? reasons(seen) : 'nothing known'}`,
    LIMIT,
  )
}

function reasons({ episodes }: ServiceState): string {
  const all = episodes.map(({ standing, refusals = [] }) => [standing, ...refusals.map(({ code }) => code)].join(' '))
  return all.join('; ') || 'no episode'
}

/** One alert of one shop, prepared like this, refused for this reason. */
function refused(
  name: string,
  code: RefusalCode,
  prepare: (ground: Ground, dice: Dice) => Promise<{ shop: Shop; startsAt?: number }>,
): Case {
  return {
    name,
    async play(ground, dice) {
      const { shop, ...times } = await prepare(ground, dice)
      await ground.post([alertOf(shop, times)])
      return came(ground, shop, 0, [code])
    },
  }
}

const plain = (ground: Ground) => ground.shop(ground.environment())

/** Every way in which alerts come in, of which a proof draws. */
export const CASES: readonly Case[] = [
  {
    name: 'an alert after a deploy',
    async play(ground) {
      const shop = await plain(ground)
      await ground.post([alertOf(shop)])
      return came(ground, shop, 1, [])
    },
  },
  {
    name: 'the same alert again and again',
    async play(ground, dice) {
      const shop = await plain(ground)
      const alert = alertOf(shop)
      const body = Array.from({ length: dice.between(1, 3) }, () => alert)
      await Promise.all(Array.from({ length: dice.between(2, 8) }, () => ground.post(body)))
      const failed = await came(ground, shop, 1, [])
      await ground.post([alert])
      return failed ?? came(ground, shop, 1, [])
    },
  },
  {
    name: 'two peers that saw it begin at other times',
    async play(ground, dice) {
      const shop = await plain(ground)
      const startsAt = Date.now()
      await Promise.all([
        ground.post([alertOf(shop, { startsAt })]),
        ground.post([alertOf(shop, { startsAt: startsAt + dice.between(1, 60) * 1_000 })]),
      ])
      return came(ground, shop, 1, [])
    },
  },
  {
    name: 'two alerts of one deploy',
    async play(ground) {
      const shop = await plain(ground)
      await ground.post([alertOf(shop), alertOf(shop, { name: 'Latency' })])
      return came(ground, shop, 1, ['ATTEMPTED', 'ROLLBACK_RUNNING', 'COOL_DOWN'])
    },
  },
  {
    name: 'an alert after the rollback',
    async play(ground) {
      const shop = await plain(ground)
      await ground.post([alertOf(shop)])
      const failed = await came(ground, shop, 1, [])
      await ground.post([alertOf(shop, { name: 'Latency' })])
      return failed ?? came(ground, shop, 1, ['COOL_DOWN', 'LOCKED', 'AFTER_ROLLBACK'])
    },
  },
  {
    name: 'an alert that is over before anything starts',
    async play(ground) {
      const shop = await plain(ground)
      const startsAt = Date.now()
      await ground.post([alertOf(shop, { startsAt })])
      await ground.post([alertOf(shop, { startsAt, status: 'resolved' })])
      return came(ground, shop, 0, [])
    },
  },
  {
    name: 'an alert that comes and goes',
    async play(ground) {
      const shop = await plain(ground)
      for (let time = 0; time < 3; time++) {
        const startsAt = Date.now() + time
        await ground.post([alertOf(shop, { startsAt })])
        await until(
          () => ground.state(shop),
          ({ episodes }) => episodes.length === time + 1,
          () => 'the episode is not opened',
          LIMIT,
        )
        await ground.post([alertOf(shop, { startsAt, status: 'resolved' })])
      }
      await ground.post([alertOf(shop, { startsAt: Date.now() + 9 })])
      return came(ground, shop, 0, ['FLAPPING'])
    },
  },
  {
    name: 'about ten services at once',
    async play(ground, dice) {
      const environment = ground.environment()
      const shops = await Promise.all(Array.from({ length: dice.between(8, 12) }, () => ground.shop(environment)))
      await ground.post(shops.map((shop) => alertOf(shop)))
      const failed = await Promise.all(shops.map((shop) => came(ground, shop, 0, ['INFRASTRUCTURE'])))
      return failed.find((text) => text !== undefined)
    },
  },
  {
    name: 'more at once than the budget allows',
    async play(ground) {
      const environment = ground.environment()
      const shops = await Promise.all(Array.from({ length: 3 }, () => ground.shop(environment)))
      for (const { object } of shops) object.health = 'inconclusive'
      await ground.post(shops.map((shop) => alertOf(shop)))
      await until(
        () => Promise.all(shops.map((shop) => ground.state(shop))),
        (states) => states.every(({ episodes }) => episodes.length === 1 && episodes[0]?.standing !== 'open'),
        () => 'they did not come to rest',
        LIMIT,
      )
      const moved = shops.filter(({ object }) => object.writes.length > 0).length
      return moved <= 2 ? undefined : `${moved} started by themselves, at most 2 may`
    },
  },
  refused('an alert that is older than the deploy', 'ALERT_BEFORE_DEPLOY', async (ground, dice) => ({
    shop: await plain(ground),
    startsAt: Date.now() - dice.between(5, 600) * MINUTE,
  })),
  refused('a deploy that was long ago', 'DEPLOY_TOO_OLD', async (ground, dice) => {
    const deployedAt = Date.now() - dice.between(70, 500) * MINUTE
    return { shop: await ground.shop(ground.environment(), { bad: { deployedAt, startedAt: deployedAt } }) }
  }),
  refused('no deploy on record', 'NO_DEPLOY', async (ground) => ({
    shop: await ground.shop(ground.environment(), { good: false, bad: false }),
  })),
  refused('nothing that was shown to work', 'NO_VERIFIED_TARGET', async (ground) => ({
    shop: await ground.shop(ground.environment(), { good: { healthy: false } }),
  })),
  refused('migrations in between', 'SCHEMA_UNSAFE', async (ground) => ({
    shop: await ground.shop(ground.environment(), { bad: { migrations: [{ name: 'm1' }] } }),
  })),
  refused('monitoring that is down', 'MONITORING_DOWN', async (ground) => {
    const shop = await plain(ground)
    const labels = { alertname: 'PrometheusDown', environment: shop.environment }
    await ground.post([
      { status: 'firing', labels, startsAt: new Date().toISOString(), fingerprint: `p-${shop.service}` },
    ])
    return { shop }
  }),
  refused('the kill switch', 'STOPPED', async (ground) => {
    const shop = await plain(ground)
    await stopByHand(ground.engine, shop)
    return { shop }
  }),
  refused('a lock', 'LOCKED', async (ground) => {
    const shop = await plain(ground)
    await tellService(ground.engine, shop, 'lock', { reason: 'we look' })
    return { shop }
  }),
  refused('a freeze', 'FROZEN', async (ground) => ({ shop: await ground.shop(ground.environment({ freeze: true })) })),
]
