import { File as FileIcon, X } from 'lucide-react'
import { useEffect, useState } from 'react'
import { IconButton } from '../shell/button.tsx'
import { useLocale } from '../shell/locale.tsx'
import styles from './composer-files.module.css'

interface ComposerFilesProps {
  files: readonly File[]
  onFiles: (files: readonly File[]) => void
}

/** The files that go with what is written. */
export function ComposerFiles({ files, onFiles }: ComposerFilesProps) {
  const { t, format } = useLocale()
  if (files.length === 0) return null
  return (
    <ul className={styles.files} aria-label={t('composer.files')}>
      {files.map((file, index) => (
        <li key={index} className={styles.file}>
          <Preview file={file} />
          <span>
            <b>{file.name}</b>
            <small>{format.bytes(file.size)}</small>
          </span>
          <IconButton
            label={t('composer.removeFile', { name: file.name })}
            onClick={() => onFiles(files.toSpliced(index, 1))}
          >
            <X size={16} />
          </IconButton>
        </li>
      ))}
    </ul>
  )
}

function Preview({ file }: { file: File }) {
  const [url, setUrl] = useState<string | null>(null)
  useEffect(() => {
    if (!file.type.startsWith('image/')) return
    const made = URL.createObjectURL(file)
    setUrl(made)
    return () => URL.revokeObjectURL(made)
  }, [file])
  return url ? <img src={url} alt="" width={40} height={40} /> : <FileIcon size={24} aria-hidden />
}
