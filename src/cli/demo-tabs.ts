import { encodeCursor } from '../feed/cursor.ts'
import { readTopics } from '../feed/topics.ts'
