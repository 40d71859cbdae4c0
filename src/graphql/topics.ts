import type { Loaded } from '../concurrency/loader.ts'
import { readTopics, type TopicState } from '../feed/topics.ts'
import type { Context } from './context.ts'
import { type LoadMany, load } from './loaders.ts'

const topicsByIds: LoadMany<TopicState | null> = async ({ lookups }, ids) => {
  const topics = await readTopics(lookups, ids)
  return ids.map((id) => topics.get(id) ?? null)
}

/** Loads the state of a topic, once per operation; null when it does not exist. */
export function loadTopic(context: Context, topicId: string): Loaded<TopicState | null> {
  return load(context, topicsByIds, topicId)
}
