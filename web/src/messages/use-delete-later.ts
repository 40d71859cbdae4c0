import { useErrorText } from '../shell/error-text.tsx'
import { useText } from '../shell/locale.tsx'
import { useToast } from '../shell/toast.tsx'
import { asKabarError } from '../shell/use-ask.ts'
import { useConversation } from './conversation-context.ts'

/** Deletes a message after some seconds in which it can be taken back. */
export function useDeleteLater(): (messageId: string) => void {
  const t = useText()
  const toast = useToast()
  const words = useErrorText()
  const { room } = useConversation()
  return (messageId) => {
    const remove = () =>
      void room.remove(messageId).catch((error: unknown) => toast({ text: words(asKabarError(error)) }))
    // who closes the page meant it
    addEventListener('pagehide', remove, { once: true })
    const undone = () => removeEventListener('pagehide', remove)
    toast({
      text: t('message.deleting'),
      action: { label: t('undo'), run: undone },
      onGone() {
        undone()
        remove()
      },
    })
  }
}
