import { getProject, type Project, update, updateProject } from 'routewise-client';
import { client } from './client.js';

export function addLine(id: number, line: string): Promise<Project> {
  return update(getProject, updateProject, { client, path: { id } }, (project) => ({
    description: `${project.description ?? ''}\n${line}`.trim(),
  }));
}
